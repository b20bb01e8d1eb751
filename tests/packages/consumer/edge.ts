// Bundled for no platform and run with nothing but the globals that every runtime has. Answers 'ok'.
import * as core from '@understudy/core';
import * as events from '@understudy/core/events';
import * as policies from '@understudy/core/policies';
import * as rules from '@understudy/core/rules';

export async function run(): Promise<string> {
  const modules = [core, events, policies, rules];
  return modules.includes(core) ? 'ok' : 'lost';
}
