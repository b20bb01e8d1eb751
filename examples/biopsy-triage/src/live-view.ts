import { stripVTControlCharacters } from 'node:util';
import { paint } from './paint.ts';
import { PHASE_HEADER, phaseRow } from './phase-row.ts';
import type { Schedule } from './phases.ts';
import type { Caller, Recording } from './recording.ts';
import { summariseRecord } from './summary.ts';
import { type Slice, timeline } from './timeline.ts';
import type { View } from './view.ts';

const FRAME_MS = 100;
const SLICES = 66;
const HEIGHTS = '▁▂▃▄▅▆▇█';
const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

/** A picture that is drawn over itself ten times a second, and stays when the run has ended. */
export function liveView(schedule: Schedule, recording: Recording): View {
  const { stdout } = process;
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;

  const draw = (ended = false): void => {
    const lines = picture(schedule, recording, ended).map((line) => fitted(line, stdout.columns));
    const back = drawn > 0 ? `\u001B[${drawn}F\u001B[J` : '';
    stdout.write(`${back}${lines.join('\n')}\n`);
    drawn = lines.length;
  };

  return {
    begin: () => {
      stdout.write(HIDE_CURSOR);
      draw();
      timer = setInterval(draw, FRAME_MS);
    },
    settled: () => undefined,
    end: () => {
      clearInterval(timer);
      draw(true);
      stdout.write(SHOW_CURSOR);
    },
  };
}

/** A line that wraps would be two to the terminal and one to us: in a narrow one it is cut, and loses its colours. */
function fitted(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length > columns ? plain.slice(0, columns) : line;
}

function picture({ phases, phaseMs }: Schedule, recording: Recording, ended: boolean): string[] {
  const totalMs = phases.length * phaseMs;
  const now = Math.min(totalMs, recording.now());
  const current = recording.phases.length - 1;
  const names = phases.map(({ name }, index) =>
    paint(index === current && !ended ? 'bold' : 'dim', name.padEnd(SLICES / phases.length)),
  );
  const rows = phases.map(({ name }, index) => {
    const record = recording.phases[index];
    if (record === undefined) return paint('dim', `   ${name}`);
    return phaseRow(index === current && !ended ? paint('cyan', '▸') : paint('green', '✓'), summariseRecord(record));
  });
  return [
    '',
    `  bare call   ${strip(recording, 'bare', now, totalMs)}`,
    `  Understudy  ${strip(recording, 'understudy', now, totalMs)}`,
    `              ${names.join('')}`,
    `              ${paint('blue', '█')} model   ${paint('yellow', '▓')} rules   ${paint('red', '·')} no usable answer`,
    '',
    ...PHASE_HEADER,
    ...rows,
    ...(ended
      ? []
      : ['', paint('dim', ` ${(now / 1000).toFixed(0).padStart(2)} of ${totalMs / 1000} s  `) + (phases[current]?.what ?? '')]),
    '',
  ];
}

/** One character a slice: its height is the share of calls that were answered, its colour who answered. */
function strip({ phases }: Recording, caller: Caller, now: number, totalMs: number): string {
  const begun = Math.ceil((now / totalMs) * SLICES);
  const glyphs = timeline(phases, caller, totalMs, SLICES).map(glyph);
  return glyphs.slice(0, begun).join('');
}

function glyph({ model, rules, impossible, none }: Slice): string {
  const calls = model + rules + impossible + none;
  if (calls === 0) return ' ';
  const answered = (model + rules) / calls;
  if (answered < 0.05) return paint('red', '·');
  if (rules > model) return paint('yellow', '▓');
  return paint('blue', HEIGHTS[Math.round(answered * (HEIGHTS.length - 1))] ?? '█');
}
