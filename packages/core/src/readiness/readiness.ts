import { finite, isRecord, kind, type Kinds, Problems, readOptions, required, safeErrorText } from '../errors/index.ts';
import { READINESS_CHECKS, type ReadinessCheck, type ReadinessDimension } from './checks.ts';
import type { ReadinessAnswer, ReadinessAnswers, ReadinessEvidence, ReadinessWaiver } from './evidence.ts';

/** One check, as it stands. */
export interface ReadinessItem extends Pick<ReadinessCheck, 'id' | 'dimension' | 'title' | 'isRequired'> {
  readonly result: 'passed' | 'failed' | 'waived';
  /** What was seen, who answered and when, or who waived it until when. */
  readonly evidence: string;
  /** What to do; absent where it passed. */
  readonly remedy?: string;
}

export interface ReadinessScore {
  readonly dimension: ReadinessDimension;
  readonly passed: number;
  readonly waived: number;
  readonly total: number;
  /** Every check that the dimension waits for passed, or was waived. */
  readonly isReady: boolean;
  /** Checks that it waits for. */
  readonly gaps: readonly string[];
}

export interface ReadinessReport {
  readonly model: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** `go-in-parallel`: four of five dimensions are ready, and the fifth is worked on beside. */
  readonly verdict: 'go' | 'go-in-parallel' | 'no-go';
  readonly dimensions: readonly ReadinessScore[];
  readonly checks: readonly ReadinessItem[];
}

export interface ReadinessOptions extends ReadinessEvidence {
  /** Now, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** How long an answer of people holds, in days. @defaultValue 180 */
  readonly answerDays?: number;
}

const DIMENSIONS: readonly ReadinessDimension[] = ['data', 'integration', 'governance', 'change', 'monitoring'];
const DAY = 86_400_000;

const anyRecord = kind((value) => value === undefined || isRecord(value), 'an object');
const KINDS: Kinds<ReadinessOptions> = {
  contract: required(kind(isRecord, 'the contract of the model')),
  options: required(kind(isRecord, 'the options of the model')),
  runtime: anyRecord,
  status: anyRecord,
  version: anyRecord,
  drill: anyRecord,
  ledger: anyRecord,
  card: anyRecord,
  runbook: kind((value) => typeof value === 'string', 'the text of the runbook'),
  answers: anyRecord,
  at: required(finite),
  answerDays: kind((value) => typeof value === 'number' && value > 0, 'days over 0'),
};

/**
 * Whether a model may go from pilot to production: each check of the checklist with what was seen, by five dimensions. Four of five may go, with the
 * fifth in parallel. It looks at what it is given, and at nothing else; a check that cannot be made fails.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID`, `INPUT_INVALID` for answers that are none
 */
export function readiness(options: ReadinessOptions): ReadinessReport {
  const { at, answerDays, ...evidence } = readOptions('readiness', options, KINDS, { answerDays: 180 });
  const answers = evidence.answers === undefined ? NO_ANSWERS : readAnswers(evidence.answers);
  const checks = READINESS_CHECKS.map((check) => itemOf(check, { ...evidence, answers }, at, answerDays));
  const dimensions = DIMENSIONS.map((dimension): ReadinessScore => {
    const own = checks.filter((item) => item.dimension === dimension);
    const gaps = own.filter(({ result, isRequired }) => isRequired && result === 'failed').map(({ id }) => id);
    const count = (result: ReadinessItem['result']): number => own.filter((item) => item.result === result).length;
    return { dimension, passed: count('passed'), waived: count('waived'), total: own.length, isReady: gaps.length === 0, gaps };
  });
  const ready = dimensions.filter(({ isReady }) => isReady).length;
  const verdict = ready === 5 ? 'go' : ready === 4 ? 'go-in-parallel' : 'no-go';
  return { model: evidence.contract.name, at, verdict, dimensions, checks };
}

const NO_ANSWERS: ReadinessAnswers = { format: 1, answers: {} };

function itemOf(check: ReadinessCheck, evidence: ReadinessEvidence, now: number, answerDays: number): ReadinessItem {
  const { id, dimension, title, isRequired, remedy, look, question } = check;
  const about = { id, dimension, title, isRequired };
  const waiver = evidence.answers?.waivers?.[id];
  const answer = evidence.answers?.answers[id];
  let seen: { readonly passes: boolean; readonly evidence: string } | undefined;
  try {
    seen = look?.(evidence, now);
  } catch (error) {
    // Definitions and statuses are the user's.
    seen = { passes: false, evidence: `It cannot be seen: ${safeErrorText(error)}` };
  }
  if (seen?.passes === true) return { ...about, result: 'passed', evidence: seen.evidence };
  const said = question === undefined ? undefined : answered(answer, now, answerDays);
  if (said?.passes === true) return { ...about, result: 'passed', evidence: said.evidence };
  const why = [seen?.evidence, said?.evidence].filter((part) => part !== undefined).join(' ');
  if (waiver !== undefined && endOf(waiver.until) >= now)
    return { ...about, result: 'waived', evidence: `${waiver.by} waived it until ${waiver.until}: ${waiver.reason}`, remedy };
  const over = waiver === undefined ? '' : ` The waiver of ${waiver.by} ended on ${waiver.until}.`;
  return {
    ...about,
    result: 'failed',
    evidence: `${why}${over}`,
    remedy: question === undefined ? remedy : `${remedy} Question: ${question}`,
  };
}

function answered(
  answer: ReadinessAnswer | undefined,
  now: number,
  answerDays: number,
): { readonly passes: boolean; readonly evidence: string } {
  if (answer === undefined) return { passes: false, evidence: 'Nobody has answered.' };
  const { by, at, note } = answer;
  const told = `${by} answered ${answer.answer} on ${at}${note === undefined ? '' : `: ${note}`}.`;
  const given = Date.parse(at);
  if (answer.answer !== 'yes') return { passes: false, evidence: told };
  if (given > now) return { passes: false, evidence: `${told} That day has not come.` };
  return given + answerDays * DAY < now
    ? { passes: false, evidence: `${told} It is older than ${answerDays} days: answer anew.` }
    : { passes: true, evidence: told };
}

/** The end of a day. */
const endOf = (day: string): number => Date.parse(day) + DAY - 1;

/** @throws UnderstudyError `INPUT_INVALID` with every problem of a file of answers */
export function readAnswers(given: unknown): ReadinessAnswers {
  const problems = new Problems();
  const ids = READINESS_CHECKS.map(({ id }) => id);
  const file = isRecord(given) ? given : {};
  problems.expect(file['format'] === 1, 'format', 'expected 1');
  const answers = isRecord(file['answers']) ? file['answers'] : {};
  problems.expect(isRecord(file['answers']), 'answers', 'expected answers by the ids of checks');
  const asked = READINESS_CHECKS.filter(({ question }) => question !== undefined).map(({ id }) => id);
  for (const [id, answer] of Object.entries(answers)) {
    problems.expect(asked.includes(id), `answers.${id}`, `is no question: known are ${asked.join(', ')}`);
    const { answer: said, by, at } = isRecord(answer) ? (answer as Partial<ReadinessAnswer>) : {};
    problems.expect(said === 'yes' || said === 'no', `answers.${id}.answer`, "expected 'yes' or 'no'");
    problems.expect(isName(by), `answers.${id}.by`, 'expected who answers');
    problems.expect(isDay(at), `answers.${id}.at`, 'expected a day, such as 2026-11-30');
  }
  const waivers = isRecord(file['waivers']) ? file['waivers'] : {};
  problems.expect(file['waivers'] === undefined || isRecord(file['waivers']), 'waivers', 'expected waivers by the ids of checks');
  for (const [id, waiver] of Object.entries(waivers)) {
    problems.expect(ids.includes(id), `waivers.${id}`, `is no check: known are ${ids.join(', ')}`);
    const { by, reason, until } = isRecord(waiver) ? (waiver as Partial<ReadinessWaiver>) : {};
    problems.expect(isName(by), `waivers.${id}.by`, 'expected who waives it');
    problems.expect(isName(reason), `waivers.${id}.reason`, 'expected why');
    problems.expect(isDay(until), `waivers.${id}.until`, 'expected the last day on which it holds, such as 2026-12-31');
  }
  problems.throwIfAny('INPUT_INVALID', 'The answers');
  return given as ReadinessAnswers;
}

const isName = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
const isDay = (value: unknown): boolean =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));

/** An empty file of answers, with the questions. */
export function answersTemplate(): object {
  const asked = READINESS_CHECKS.filter(({ question }) => question !== undefined);
  return {
    format: 1,
    questions: Object.fromEntries(asked.map(({ id, question }) => [id, question])),
    answers: {},
    waivers: {},
  };
}
