// What 50 models cost the type checker, above what their zod schemas alone cost. Prints medians of whole runs:
// node bench/type-cost.ts
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const RUNS = 5;
const MODELS = 50;
const root = resolve(import.meta.dirname, '..');
const folder = resolve(root, '.verify/type-cost');
const compilers = { '6.0.3': 'node_modules/typescript/bin/tsc', '7.0.2': 'node_modules/typescript-7/bin/tsc' };

const schemas = (index: number): string => `
const input${index} = z.object({ radius: z.number().positive(), texture: z.number(), band: z.enum(['a', 'b']), note: z.string().nullish() });
const output${index} = z.object({ malignant: z.number().min(0).max(1), label: z.enum(['x', 'y']) });`;

const model = (index: number): string => `
export const model${index} = defineModel(
  { name: 'm${index}', input: input${index}, output: output${index}, target: { kind: 'probability', field: 'malignant' }, kpis: { saved: { better: 'higher' } } },
  {
    variants: {
      v1: { predictor: async (row, call) => ({ malignant: row.radius * call.attempt, label: 'x' }), version: '1', policies: [timeout({ ms: 300 })] },
      v2: { predictor: (row) => ({ malignant: row.texture, label: row.band === 'a' ? 'x' : 'y' }), version: '2' },
    },
    champion: 'v1',
    policies: [retry(), circuitBreaker()],
    shadow: { v2: { sampleRate: 0.2 } },
    fallback: ['v2', rules({ name: 'r', version: '1', rows: [{ id: 'R1', when: { radius: { gte: ${index} } }, then: { malignant: 0.95, label: 'x' } }, { id: 'R2', when: (row) => row.texture > 21, then: (row) => ({ malignant: row.radius, label: 'y' }) }] }), always({ malignant: 0.5, label: 'x' })],
  },
);
export const decision${index} = await model${index}.predict({ radius: 1, texture: 2, band: 'a' });`;

const imports = "import { always, circuitBreaker, defineModel, retry, rules, timeout } from '@understudy/core';\n";
const all = (part: (index: number) => string): string => Array.from({ length: MODELS }, (_, index) => part(index)).join('\n');

function seconds(compiler: string, project: string): number {
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const start = performance.now();
    execFileSync(process.execPath, [resolve(root, compiler), '-p', project], { stdio: 'inherit' });
    if (run > 0) times.push((performance.now() - start) / 1000);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN;
}

rmSync(folder, { recursive: true, force: true });
const sources = {
  zod: `import * as z from 'zod';\n${all(schemas)}\nexport const all = [${all((index) => `input${index}, output${index},`)}];\n`,
  models: `import * as z from 'zod';\n${imports}${all((index) => schemas(index) + model(index))}\n`,
};
for (const [name, source] of Object.entries(sources)) {
  mkdirSync(resolve(folder, name), { recursive: true });
  writeFileSync(resolve(folder, name, 'models.ts'), source);
  // Without the source condition: a user checks against the built declarations.
  writeFileSync(
    resolve(folder, name, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../tsconfig.base.json',
      compilerOptions: { customConditions: [], lib: ['ES2024', 'ESNext.Disposable', 'DOM'], noUnusedLocals: false },
      files: ['models.ts'],
    }),
  );
}
for (const [version, compiler] of Object.entries(compilers)) {
  const [zod, models] = [seconds(compiler, resolve(folder, 'zod')), seconds(compiler, resolve(folder, 'models'))];
  console.log(
    `TypeScript ${version}: ${MODELS} models ${models.toFixed(2)} s, their zod schemas alone ${zod.toFixed(2)} s, above them ${(models - zod).toFixed(2)} s`,
  );
}
