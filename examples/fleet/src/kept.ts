/** What each part has kept: ids of decisions. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { exportLedger, verifyLedger } from '@understudy/node/ledger';
import { Pool } from 'pg';
import { STREAM } from './app-options.ts';

/** The stream that the apps publish to. */
export async function makeStream(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: STREAM, subjects: [`${STREAM}.>`] });
  await connection.close();
}

export async function inNats(url: string): Promise<ReadonlySet<string>> {
  const connection = await connect({ servers: url });
  const ids = new Set<string>();
  try {
    const manager = await jetstreamManager(connection);
    const { state } = await manager.streams.info(STREAM);
    const consumer = await jetstream(connection).consumers.get(STREAM);
    let left = state.messages;
    while (left > 0) {
      const messages = await consumer.fetch({ max_messages: Math.min(left, 1000), expires: 5000 });
      let some = 0;
      for await (const message of messages) {
        some++;
        const event = message.json<{ readonly type: string; readonly id: string }>();
        if (event.type === 'decision') ids.add(event.id);
      }
      if (some === 0) break;
      left -= some;
    }
  } finally {
    await connection.close();
  }
  return ids;
}

export async function inPostgres(url: string): Promise<ReadonlySet<string>> {
  const pool = new Pool({ connectionString: url });
  try {
    const { rows } = await pool.query<{ readonly id: string }>('select id from understudy.decision_log');
    return new Set(rows.map(({ id }) => id));
  } finally {
    await pool.end();
  }
}

/** What the ledgers of all processes hold, and whether each of them verifies. */
export async function inLedgers(
  ledgers: readonly { readonly directory: string; readonly verifierKey: string }[],
): Promise<{ readonly ids: ReadonlySet<string>; readonly findings: readonly string[] }> {
  const ids = new Set<string>();
  const findings: string[] = [];
  for (const { directory, verifierKey } of ledgers) {
    const { integrity, completeness, freshness } = await verifyLedger({ directory, keys: [verifierKey] });
    const faults = [integrity, completeness, freshness].flatMap(({ findings: all }) => all.filter(({ isFault }) => isFault));
    findings.push(...faults.map(({ message }) => message));
    for await (const record of exportLedger({ directory })) {
      const { type, id } = record.kind === 'event' ? record.event : {};
      if (type === 'decision' && typeof id === 'string') ids.add(id);
    }
  }
  return { ids, findings };
}

/** How many decisions Prometheus has seen, also of processes that were killed. */
export async function inPrometheus(url: string): Promise<number> {
  // A counter that begins again with a process: what it had before its last reset is added.
  const query = 'sum(increase(inference_operation_duration_seconds_count[1h]))';
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await response.json()) as {
    readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
  };
  return Math.round(Number(data.result[0]?.value[1] ?? 0));
}
