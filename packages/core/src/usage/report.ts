import { readProperty as read } from '../errors/index.ts';
import type { CallReport, EndpointLimit, Usage } from '../types/index.ts';
import { name, requestOf } from './reported-request.ts';

const FINISH_REASONS: ReadonlySet<unknown> = new Set<CallReport['finishReason']>([
  'stop',
  'length',
  'content-filter',
  'tool-calls',
  'error',
  'other',
]);

/**
 * A report with what is sound of another one in place of its fields. Reports come from code that is not ours: what cannot be read, and what is
 * no number of at least 0, is left out.
 */
export function withReport(known: CallReport | undefined, given: unknown): CallReport {
  const report: { -readonly [K in keyof CallReport]: CallReport[K] } = { ...known };
  const usage = usageOf(read(given, 'usage'));
  if (usage !== undefined) {
    report.usage = usage;
    report.estimated = read(given, 'estimated') === true;
  }
  const [model, responseId] = [name(read(given, 'model')), name(read(given, 'responseId'))];
  if (model !== undefined) report.model = model;
  if (responseId !== undefined) report.responseId = responseId;
  const request = requestOf(read(given, 'request'));
  if (request !== undefined) report.request = request;
  const finishReason = read(given, 'finishReason');
  if (FINISH_REASONS.has(finishReason)) report.finishReason = finishReason as NonNullable<CallReport['finishReason']>;
  const limits = read(given, 'limits');
  const [requests, tokens] = [limitOf(read(limits, 'requests')), limitOf(read(limits, 'tokens'))];
  if (requests !== undefined || tokens !== undefined)
    report.limits = { ...(requests === undefined ? {} : { requests }), ...(tokens === undefined ? {} : { tokens }) };
  return report;
}

function usageOf(given: unknown): Usage | undefined {
  const [input, output] = [read(given, 'inputTokens'), read(given, 'outputTokens')];
  const usage: Usage = {
    inputTokens: {
      total: count(read(input, 'total')),
      noCache: count(read(input, 'noCache')),
      cacheRead: count(read(input, 'cacheRead')),
      cacheWrite: count(read(input, 'cacheWrite')),
    },
    outputTokens: {
      total: count(read(output, 'total')),
      text: count(read(output, 'text')),
      reasoning: count(read(output, 'reasoning')),
    },
  };
  const isTold = [usage.inputTokens, usage.outputTokens].some((side) => Object.values(side).some((value) => value !== undefined));
  return isTold ? usage : undefined;
}

function limitOf(given: unknown): EndpointLimit | undefined {
  const found = (['limit', 'remaining', 'resetMs'] as const).map((name) => [name, count(read(given, name))] as const);
  const told = found.filter(([, value]) => value !== undefined);
  return told.length === 0 ? undefined : Object.fromEntries(told);
}

/** Azure has answered −1 where it meant nothing. */
const count = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : undefined;
