import { readProperty } from '../errors/index.ts';
import type { ModelCallRecord } from '../events/event.ts';
import { ownErrorOf } from '../policies/classify.ts';
import type { EndedAttempt } from '../policies/operation.ts';
import type { CallReport, ModelRequest } from '../types/index.ts';
import { withUsage } from '../usage/index.ts';

/** The record of a request that an attempt has made. @param callStartedAt monotonic: times of the record count from there */
export function modelCall(
  name: string,
  request: ModelRequest,
  report: CallReport,
  costMicroUsd: number | undefined,
  { attempt, startedAt, contentAt, endedAt, error }: EndedAttempt,
  callStartedAt: number,
): ModelCallRecord {
  const { model, responseId, finishReason, usage } = report;
  return {
    name,
    attempt,
    startMs: startedAt - callStartedAt,
    durationMs: endedAt - startedAt,
    request,
    ...(contentAt === undefined ? {} : { firstContentMs: contentAt - startedAt }),
    ...(model === undefined ? {} : { model }),
    ...(responseId === undefined ? {} : { responseId }),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(usage === undefined ? {} : { usage: withUsage(undefined, usage, report, costMicroUsd) }),
    ...endOf(error),
  };
}

function endOf(error: unknown): Pick<ModelCallRecord, 'cancelled' | 'errorType'> {
  if (error === undefined) return {};
  const code = ownErrorOf(error)?.code;
  if (code === undefined && readProperty(error, 'name') === 'AbortError') return { cancelled: true };
  return { errorType: code ?? 'PREDICTOR_FAILED' };
}
