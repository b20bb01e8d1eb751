import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sinkConformanceCases } from '@understudy/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { endSubjects, SINK_SUBJECTS } from '../../tests/support/sink-subjects.ts';

afterEach(endSubjects);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heapBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

describe.each(Object.entries(SINK_SUBJECTS))('%s', (_name, open) => {
  it.each(sinkConformanceCases)('$title', async ({ run }) => {
    await expect(run({ open, heapBytes })).resolves.toBeUndefined();
  });
});
