import type { ReviewTask } from '@understudy/core/review';
import type { ReviewCommand, ReviewTaskAnswer } from '../../../src/dashboard/wire.ts';
import type { Level } from '../parts/small.tsx';
import { post } from '../server.ts';

/** Tells people what happened, also those who do not see it. */
export type Say = (level: Level, text: string) => void;

/** Does something with a case. @returns the case that one has now @throws ServerError */
export async function review(command: ReviewCommand): Promise<ReviewTask | undefined> {
  const { task } = await post<ReviewTaskAnswer>('review', command);
  return task ?? undefined;
}
