import { isRecord, type Kinds, list, oneOf, readOptions, record } from '../errors/index.ts';
import type { Authorize, CommandKind } from '../types/index.ts';

/** What a role may do: commands, and `read` or `read-content` for who looks at a dashboard or a log. */
export type Permission = CommandKind | 'read' | 'read-content';

/** The roles that {@link roles} knows by itself. */
export type Role = 'owner' | 'operator' | 'approver' | 'reviewer' | 'auditor' | 'viewer';

const STOPS = ['pause', 'isolate', 'rollout-hold', 'rollout-roll-back', 'registry-roll-back'] as const;
const OPERATES = [...STOPS, 'resume', 'readmit', 'pin', 'unpin', 'rollout-resume', 'drill'] as const;
const REVIEWS = ['review-take', 'review-answer'] as const;

/**
 * Which role may do what. Who may let something on may also stop it; an approver approves and promotes, and does not operate; auditors and viewers
 * change nothing.
 */
export const DEFAULT_ROLES: Readonly<Record<Role, readonly Permission[]>> = {
  owner: [
    ...OPERATES,
    ...REVIEWS,
    'replace',
    'rollout-approve',
    'rollout-promote',
    'registry-register',
    'registry-approve',
    'registry-move-alias',
    'registry-retire',
    'registry-record',
    'review-assign',
    'read',
    'read-content',
  ],
  operator: [...OPERATES, 'registry-record', 'review-assign', 'read'],
  approver: [...STOPS, 'rollout-approve', 'rollout-promote', 'registry-approve', 'registry-move-alias', 'read', 'read-content'],
  reviewer: [...REVIEWS, 'read'],
  auditor: ['read', 'read-content'],
  viewer: ['read'],
};

export interface RolesOptions {
  /** What roles of your own may do, by their names; a name of {@link DEFAULT_ROLES} replaces its row. @defaultValue {} */
  readonly roles?: Readonly<Record<string, readonly Permission[]>>;
}

/** A policy by roles: `createUnderstudy({ authorize: roles() })`. */
export interface RolesPolicy extends Authorize {
  /** Whether somebody with these roles may do something to a model. */
  may(held: readonly string[], permission: Permission, model: string): boolean;
}

const permissions = list(oneOf(...new Set(Object.values(DEFAULT_ROLES).flat())));
const NAME = /^[^:]+$/;
const KINDS: Kinds<RolesOptions> = {
  roles: (given) => {
    const odd = isRecord(given) ? Object.keys(given).find((name) => !NAME.test(name)) : undefined;
    return odd === undefined ? record(permissions)(given) : [{ path: odd, message: 'expected a name without a colon' }];
  },
};

/**
 * One policy for commands, wherever they come from: code, the dashboard, the program `understudy`. An operator may do what one of their roles
 * may. A role counts for every model by its plain name, `owner`, and for one model as `owner:claims-triage`. What no role allows is refused.
 *
 * @throws UnderstudyError `CONFIGURATION_INVALID` for a permission that does not exist
 */
export function roles(options: RolesOptions = {}): RolesPolicy {
  const { roles: own } = readOptions('roles', options, KINDS, { roles: {} });
  const table = new Map<string, ReadonlySet<Permission>>(
    Object.entries({ ...DEFAULT_ROLES, ...own }).map(([role, allowed]) => [role, new Set(allowed)]),
  );
  const may: RolesPolicy['may'] = (held, permission, model) =>
    held.some((name) => {
      const role = name.endsWith(`:${model}`) ? name.slice(0, -model.length - 1) : name;
      return table.get(role)?.has(permission) ?? false;
    });
  return Object.assign<Authorize, Pick<RolesPolicy, 'may'>>((operator, { kind, model }) => may(operator.roles, kind, model), {
    may,
  });
}
