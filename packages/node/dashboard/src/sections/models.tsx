import type { ModelView } from '../../../src/dashboard/wire.ts';
import { attentionOf, circuitOf, monitorsInBrief, worstFirst } from '../attention.ts';
import { duration, percent, rate } from '../format.ts';
import { Card, Empty, Facts, Mark, Table, TierBar } from '../parts/small.tsx';
import { addressOf } from '../route.ts';

/** All models at a glance. */
export function Models({ views }: { readonly views: readonly ModelView[] }) {
  if (views.length === 0)
    return (
      <Empty title="No model is defined in this process">
        <p>
          Define one with <code>understudy.defineModel(contract, options)</code> of the runtime that this dashboard was given. It
          appears here at once.
        </p>
      </Empty>
    );
  const attention = worstFirst(views.flatMap(attentionOf));
  const calls = views.reduce((sum, { recent }) => sum + recent.calls / recent.seconds, 0);
  const ended = views.reduce((sum, { status }) => sum + status.calls.served + status.calls.failed, 0);
  const served = views.reduce((sum, { status }) => sum + status.calls.served, 0);
  const degraded = views.reduce((sum, { status }) => sum + status.calls.degraded, 0);
  return (
    <>
      <Facts
        facts={[
          { name: 'Models', value: views.length },
          { name: 'Calls', value: rate(calls), note: 'last minute' },
          { name: 'Availability', value: percent(ended === 0 ? null : served / ended), note: 'since the start' },
          { name: 'Degraded', value: percent(served === 0 ? null : degraded / served), note: 'served by another tier' },
        ]}
      />
      <Card title="Needs attention" wide>
        {attention.length === 0 ? (
          <p>
            <Mark level="ok">Nothing needs attention.</Mark>
          </p>
        ) : (
          <ul class="attention">
            {attention.map(({ level, model, section, text }) => (
              <li key={`${model}/${text}`}>
                <Mark level={level}>
                  <a href={addressOf(model, section)}>{model}</a> <span class="name">{text}</span>
                </Mark>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title="Models" wide>
        <Table
          caption="All models of this process"
          rows={views}
          keyOf={({ status }) => status.model}
          columns={[
            {
              head: 'Model',
              cell: ({ status }) => (
                <a href={addressOf(status.model)} title={status.model}>
                  {status.model}
                </a>
              ),
            },
            { head: 'Serves now', cell: ({ recent }) => <TierBar byTier={recent.byTier} /> },
            { head: 'Calls', isNumber: true, cell: ({ recent }) => rate(recent.calls / recent.seconds) },
            { head: 'Availability', isNumber: true, cell: ({ status }) => percent(status.availability) },
            {
              head: 'p50 / p99',
              isNumber: true,
              cell: ({ status }) => `${duration(status.latencyMs.p50)} / ${duration(status.latencyMs.p99)}`,
            },
            { head: 'Circuits', cell: (view) => <Circuits view={view} /> },
            { head: 'Monitors', cell: (view) => <Monitors view={view} /> },
            {
              head: 'Rollout',
              cell: ({ status }) =>
                status.rollout === undefined ? (
                  <span class="soft">none</span>
                ) : (
                  <a href={addressOf(status.model, 'rollout')}>{status.rollout.phase}</a>
                ),
            },
            { head: 'Control', cell: (view) => <Control view={view} /> },
          ]}
        />
      </Card>
    </>
  );
}

function Circuits({ view: { status } }: { readonly view: ModelView }) {
  const states = Object.keys(status.variants).flatMap((variant) => {
    const state = circuitOf(status, variant);
    return state === undefined ? [] : [{ variant, state }];
  });
  if (states.length === 0) return <span class="soft">none</span>;
  const odd = states.filter(({ state }) => state !== 'closed');
  if (odd.length === 0) return <Mark level="ok">{states.length === 1 ? 'closed' : `${states.length} closed`}</Mark>;
  return (
    <>
      {odd.map(({ variant, state }) => (
        <Mark key={variant} level={state.includes('open') ? 'breach' : 'warn'}>
          {variant} {state}
        </Mark>
      ))}
    </>
  );
}

function Monitors({ view: { status } }: { readonly view: ModelView }) {
  const brief = monitorsInBrief(status);
  if (brief === undefined) return <span class="soft">none</span>;
  return (
    <a href={addressOf(status.model, 'monitors')}>
      <Mark level={brief.level}>{brief.text}</Mark>
    </a>
  );
}

function Control({ view: { status } }: { readonly view: ModelView }) {
  const { paused, pinned, isolated } = status.control;
  if (!paused && pinned === null && isolated.length === 0) return <span class="soft">as declared</span>;
  return (
    <>
      {paused ? <Mark level="breach">paused</Mark> : null}
      {pinned === null ? null : <Mark level="warn">pinned to {pinned}</Mark>}
      {isolated.map((name) => (
        <Mark key={name} level="warn">
          {name} isolated
        </Mark>
      ))}
    </>
  );
}
