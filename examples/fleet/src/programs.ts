/** Programs that the example needs, and what installs them. */
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Program {
  /** The variable that names it, where it is somewhere else. */
  readonly variable: string;
  readonly file: string;
  /** The package of Debian and Ubuntu, and of Homebrew. */
  readonly apt: string;
  readonly brew: string;
}

const PROGRAMS = {
  redis: { variable: 'REDIS_SERVER_PATH', file: 'redis-server', apt: 'redis-server', brew: 'redis' },
  postgres: { variable: 'POSTGRES_PATH', file: 'postgres', apt: 'postgresql', brew: 'postgresql' },
  nats: { variable: 'NATS_SERVER_PATH', file: 'nats-server', apt: 'nats-server', brew: 'nats-server' },
  prometheus: { variable: 'PROMETHEUS_PATH', file: 'prometheus', apt: 'prometheus', brew: 'prometheus' },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof PROGRAMS;
export type Paths = Readonly<Record<ProgramName, string>>;

/** Where they are. @throws Error that names all that are missing, and what installs them */
export function findPrograms(): Paths {
  const folders = [
    // Debian keeps PostgreSQL beside the path, a folder for each major version.
    ...globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed(),
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
  ];
  const found = Object.entries<Program>(PROGRAMS).map(([name, { variable, file }]) => {
    const given = process.env[variable];
    const candidates = given === undefined ? folders.map((folder) => join(folder, file)) : [given];
    return [name, candidates.find(isExecutable)] as const;
  });
  const missing = found.flatMap(([name, path]) => (path === undefined ? [PROGRAMS[name as ProgramName]] : []));
  if (missing.length > 0) {
    throw new Error(
      [
        `Missing: ${missing.map(({ file }) => file).join(', ')}.`,
        `  apt install ${missing.map(({ apt }) => apt).join(' ')}`,
        `  brew install ${missing.map(({ brew }) => brew).join(' ')}`,
        `or say where they are: ${missing.map(({ variable }) => variable).join(', ')}.`,
      ].join('\n'),
    );
  }
  return Object.fromEntries(found) as Record<ProgramName, string>;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
