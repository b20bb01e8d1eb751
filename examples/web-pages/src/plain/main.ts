import { claims, type ClaimDecision, type Mood, servedBy, setMood } from '../claims.ts';

const BARS = 60;
const PACE_MS = 250;

const part = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
};
const [timeline, newest, reason, circuit] = ['timeline', 'newest', 'reason', 'circuit'].map(part) as [
  HTMLElement,
  HTMLElement,
  HTMLElement,
  HTMLElement,
];
const counters = { model: part('by-model'), rules: part('by-rules'), unanswered: part('unanswered') };

for (const choice of document.querySelectorAll<HTMLInputElement>('input[name=mood]')) {
  if (choice.checked) setMood(choice.value as Mood);
  choice.addEventListener('change', () => setMood(choice.value as Mood));
}

claims.on('circuit-changed', ({ to }) => {
  circuit.textContent = to;
  circuit.dataset['state'] = to;
});

function count(what: HTMLElement): void {
  what.textContent = String(Number(what.textContent) + 1);
}

function show(decision: ClaimDecision): void {
  const by = servedBy(decision);
  count(by === 'model' ? counters.model : counters.rules);
  const { output, input } = decision;
  newest.textContent = `${input.euros} € → ${output.label}, by ${by}`;
  reason.textContent = decision.reason;
  const bar = document.createElement('li');
  bar.dataset['by'] = by;
  bar.title = `${output.label} by ${by} in ${Math.round(decision.explain().durationMs)} ms`;
  timeline.append(bar);
  while (timeline.childElementCount > BARS) timeline.firstElementChild?.remove();
}

async function decide(): Promise<void> {
  try {
    show(await claims.predict({ euros: Math.round(2000 * Math.random()) }));
  } catch {
    count(counters.unanswered);
  }
}

setInterval(() => void decide(), PACE_MS);
