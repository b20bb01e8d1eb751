// A consumer as its author would write it: type-checked against the packed packages with each TypeScript, then run on each
// Node. Extend it with every part of the API that a first user touches. It prints 'ok'.
import * as core from '@understudy/core';
import * as events from '@understudy/core/events';
import * as policies from '@understudy/core/policies';
import * as rules from '@understudy/core/rules';
import * as testing from '@understudy/core/testing';
import * as node from '@understudy/node';
import * as z from 'zod';

export const input = z.object({ amount: z.number() });
export const modules = { core, events, policies, rules, testing, node };
console.log('ok');
