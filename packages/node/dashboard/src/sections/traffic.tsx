import { useState } from 'preact/hooks';
import type { ModelView } from '../../../src/dashboard/wire.ts';
import { circuitOf } from '../attention.ts';
import { count, duration, percent, rate } from '../format.ts';
import { Chart, type Line, lineOf, perSecond } from '../parts/chart.tsx';
import { Command } from '../parts/controls.tsx';
import { Card, Facts, Mark, Share, Table, TIER_NAMES } from '../parts/small.tsx';
import { useSeries } from '../server.ts';
import type { SectionProps } from './section.ts';

const key = (...parts: readonly string[]): string => parts.map((part) => encodeURIComponent(part)).join('/');
const TIERS = ['model', 'cache', 'rules', 'always'] as const;

/** Variants, traffic and latency of a model. */
export function Traffic({ view, live }: SectionProps) {
  const { status, recent } = view;
  const { calls, latencyMs } = status;
  const series = useSeries(status.model, ['calls', 'tier', 'latency', 'variant'], live.samples);
  const [by, setBy] = useState<'model' | 'variant'>('model');
  const at = series?.at ?? [];
  const column = (name: string): readonly (number | null)[] => series?.columns[name] ?? [];
  const variants = Object.keys(status.variants);
  const traffic: Line[] =
    by === 'variant'
      ? variants.map((name, index) => lineOf(name, perSecond(at, column(key('variant', name, 'served'))), index))
      : [
          ...TIERS.filter((tier) => column(`tier/${tier}`).some((value) => (value ?? 0) > 0)).map((tier) => ({
            label: TIER_NAMES[tier] ?? tier,
            values: perSecond(at, column(`tier/${tier}`)),
            colour: `--tier-${tier}`,
            dash: tier === 'model' ? [] : [6, 3],
            isArea: tier === 'model',
          })),
          { label: 'failed', values: perSecond(at, column('calls/failed')), colour: '--breach', dash: [2, 2] },
        ];
  const latency: Line[] =
    by === 'variant'
      ? variants.map((name, index) => lineOf(`${name} p90`, column(key('variant', name, 'p90')), index))
      : [
          { label: 'p50', values: column('latency/p50'), colour: '--c1', isArea: true },
          { label: 'p90', values: column('latency/p90'), colour: '--c2', dash: [6, 3] },
          { label: 'p99', values: column('latency/p99'), colour: '--c5', dash: [2, 2] },
        ];
  return (
    <>
      <Facts
        facts={[
          { name: 'Calls', value: rate(recent.calls / recent.seconds), note: 'last minute' },
          {
            name: 'Availability',
            value: percent(status.availability),
            note: `${count(calls.failed)} of ${count(calls.served + calls.failed)} failed`,
          },
          { name: 'Latency p50', value: duration(latencyMs.p50), note: 'since the start' },
          { name: 'Latency p99', value: duration(latencyMs.p99), note: `p90 ${duration(latencyMs.p90)}` },
          {
            name: 'Degraded',
            value: percent(calls.served === 0 ? null : calls.degraded / calls.served),
            note: `${count(calls.degraded)} calls`,
          },
          { name: 'In flight', value: count(calls.inFlight), note: `${count(calls.invalidInput)} invalid inputs` },
        ]}
      />
      <Card
        title="Traffic and latency"
        wide
        aside={
          <div class="switch" role="group" aria-label="Draw by">
            {(['model', 'variant'] as const).map((one) => (
              <button key={one} type="button" aria-pressed={by === one} onClick={() => setBy(one)}>
                {one === 'model' ? 'By tier' : 'By variant'}
              </button>
            ))}
          </div>
        }
      >
        <div class="pair">
          <Chart
            title="Calls per second"
            note={everyNote(series?.everyMs)}
            at={at}
            lines={traffic}
            format={(value) => rate(value)}
            min={0}
          />
          <Chart
            title="Latency of served calls"
            note="p99 where a point has 100 calls"
            at={at}
            lines={latency}
            format={(value) => duration(value)}
            min={0}
          />
        </div>
      </Card>
      <Card title="Variants" wide>
        <Variants view={view} />
      </Card>
      {status.fallback.length === 0 ? null : (
        <Card title="Fallback, in order" wide>
          <Table
            caption="Tiers that serve when no variant can"
            rows={status.fallback}
            keyOf={({ kind, name }) => `${kind}/${name}`}
            columns={[
              { head: 'Tier', cell: ({ name }) => name },
              { head: 'Kind', cell: ({ kind }) => TIER_NAMES[kind] ?? kind },
              { head: 'Version', cell: ({ version }) => version },
              { head: 'Served', isNumber: true, cell: ({ served }) => count(served) },
              { head: 'Abstained', isNumber: true, cell: ({ abstained }) => count(abstained) },
            ]}
          />
        </Card>
      )}
      {status.guards === undefined ? null : (
        <Card title="Guards" wide>
          <Table
            caption="What the guards have done"
            rows={(['input', 'output'] as const).flatMap((side) =>
              (status.guards?.[side] ?? []).map((guard) => ({ side, guard })),
            )}
            keyOf={({ side, guard }) => `${side}/${guard.name}`}
            columns={[
              { head: 'Guard', cell: ({ guard }) => guard.name },
              { head: 'Side', cell: ({ side }) => side },
              { head: 'Action', cell: ({ guard }) => guard.action },
              { head: 'Checked', isNumber: true, cell: ({ guard }) => count(guard.checked) },
              { head: 'Found', isNumber: true, cell: ({ guard }) => count(guard.found) },
              { head: 'Errors', isNumber: true, cell: ({ guard }) => count(guard.errors) },
            ]}
          />
        </Card>
      )}
    </>
  );
}

export const everyNote = (everyMs: number | undefined): string =>
  everyMs === undefined ? '' : `a point each ${duration(everyMs)}`;

function Variants({ view }: { readonly view: ModelView }) {
  const { status } = view;
  const { control } = status;
  return (
    <Table
      caption="Variants of the model"
      rows={Object.entries(status.variants)}
      keyOf={([name]) => name}
      columns={[
        { head: 'Variant', cell: ([name]) => name },
        { head: 'Version', cell: ([, { version }]) => version },
        { head: 'Role', cell: ([, { role }]) => role },
        { head: 'Share', cell: ([, { share }]) => <Share share={share} /> },
        { head: 'Served', isNumber: true, cell: ([, { served }]) => count(served) },
        {
          head: 'Failures',
          isNumber: true,
          cell: ([, { served, failures }]) =>
            `${count(failures)} (${percent(served + failures === 0 ? 0 : failures / (served + failures))})`,
        },
        { head: 'Circuit', cell: ([name]) => <Circuit state={circuitOf(status, name)} /> },
        {
          head: 'Shadow agrees',
          isNumber: true,
          cell: ([, { shadow }]) =>
            shadow === undefined ? <span class="soft">no shadow</span> : `${percent(shadow.agreement)} of ${count(shadow.pairs)}`,
        },
        {
          head: 'State',
          cell: ([name, { isolated }]) => (
            <>
              {isolated ? <Mark level="warn">isolated</Mark> : null}
              {control.pinned === name ? <Mark level="warn">pinned</Mark> : null}
              {isolated || control.pinned === name ? null : <span class="soft">in service</span>}
            </>
          ),
        },
        {
          head: 'Commands',
          cell: ([name, { isolated }]) => (
            <span class="commands">
              {control.pinned === name ? (
                <Command name="unpin" view={view}>
                  Unpin
                </Command>
              ) : (
                <Command name="pin" view={view} variant={name}>
                  Pin
                </Command>
              )}
              {isolated ? (
                <Command name="readmit" view={view} variant={name}>
                  Readmit
                </Command>
              ) : (
                <Command name="isolate" view={view} variant={name}>
                  Isolate
                </Command>
              )}
            </span>
          ),
        },
      ]}
    />
  );
}

function Circuit({ state }: { readonly state: string | undefined }) {
  if (state === undefined) return <span class="soft">none</span>;
  return (
    <Mark level={state === 'closed' ? 'ok' : state === 'half-open' || state === 'observe-only' ? 'warn' : 'breach'}>{state}</Mark>
  );
}
