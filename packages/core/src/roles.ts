/**
 * Who may do what: one policy for every command, with a table to begin with.
 *
 * @module
 */
export { DEFAULT_ROLES, type Permission, type Role, roles, type RolesOptions, type RolesPolicy } from './control/roles.ts';
