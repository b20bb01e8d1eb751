import { expect, it } from 'vitest';
import { sampleControl, sampleDecision, sampleMonitor } from '../../../tests/support/sample-events.ts';
import type { UnderstudyEvent } from '../../events/event.ts';
import { reportData } from '../render-report.ts';
import { backdrop, backdropLegend, including, spanOf } from './time-span.ts';

const AT = Date.UTC(2026, 0, 1);

function spanFrom(...events: readonly UnderstudyEvent[]) {
  const [model] = reportData([], events).models.items;
  if (model === undefined) throw new Error('the report has no model');
  return spanOf(model, AT + 500);
}

it('reaches from the first to the last that is known, and has pauses and breaches', () => {
  const span = spanFrom(
    sampleDecision({ at: AT }),
    sampleMonitor({ at: AT + 2000, to: 'breach' }),
    sampleControl({ at: AT + 2000, command: 'pause', by: 'monitor:accuracy' }),
    sampleControl({ at: AT + 2500, command: 'pause' }),
    sampleControl({ at: AT + 3000, command: 'resume', by: 'monitor:accuracy' }),
    sampleControl({ at: AT + 3500, command: 'resume' }),
    sampleControl({ at: AT + 3700, command: 'pause', by: 'bo' }),
    sampleMonitor({ at: AT + 4000, from: 'breach', to: 'ok' }),
  );
  expect(span).toEqual({
    from: AT,
    to: AT + 4000,
    pauses: [
      { from: AT + 2000, to: AT + 3500 },
      { from: AT + 3700, to: null },
    ],
    onsets: [AT + 2000],
  });
  const { markup } = backdrop(span, 100);
  // 9 % to 98 % of 1000 units: the pauses from a half to seven eighths, and from 0.925 to the end.
  expect(markup).toContain('d="M535 0H868.8V100H535zM913.3 0H980V100H913.3z"');
  expect(markup).toContain('d="M535 0V100"');
  expect(backdropLegend(span)).toBe(' Shaded: paused, no model serves. Upright lines: a monitor goes into breach.');
});

it('of nothing is the time of the report, and says nothing', () => {
  const span = spanFrom(sampleControl({ at: AT, command: 'pin' }));
  expect(span).toEqual({ from: AT + 500, to: AT + 500, pauses: [], onsets: [] });
  expect(backdropLegend(span)).toBe('');
  expect(including(span, [AT + 100, AT + 900])).toMatchObject({ from: AT + 100, to: AT + 900 });
});
