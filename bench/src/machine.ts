import { cpus } from 'node:os';

/** Whether the sources run, or what was built of them. */
export const RUNS_SOURCE = import.meta.resolve('@understudy/core').endsWith('.ts');

/** What a measurement was made with, in one line. */
export function describeRun(command: string): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'an unknown processor';
  const built = RUNS_SOURCE ? 'the sources' : 'the built packages';
  return `${new Date().toISOString().slice(0, 10)}, ${processors.length} cores of ${model}, Node ${process.version}, ${process.platform}, ${built}. Command: \`${command}\`.`;
}
