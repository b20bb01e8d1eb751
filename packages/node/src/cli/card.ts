import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createUnderstudy } from '@understudy/core';
import {
  cardMarkdown,
  createRegistry,
  fingerprintIn,
  googleCard,
  modelCard,
  type ModelCardAbout,
} from '@understudy/core/registry';
import { fileRegistry } from '../registry/file-registry.ts';
import { type Command, UsageError } from './command.ts';
import { readJson } from './read-json.ts';
import { readStatus } from './read-status.ts';
import { pathError, writeText } from '../text-file.ts';

const HELP = `Usage: understudy card <registry> --model NAME --about FILE [options]

Writes the model card of the version that an alias names: of its registry, of what people say of it, and of live traffic. The registry is the
directory of fileRegistry() of @understudy/node/file; for others use modelCard() of @understudy/core/registry.

What people say is a JSON file: { "overview", "task", "dataset" }, and if you like "license", "users", "useCases", "limitations", "tradeoffs",
"ethicalConsiderations" (lists) and "contact".

Options:
  --model NAME        The model
  --about FILE        What people say of it
  --alias NAME        Names the version (default champion)
  --version-name NAME The version itself
  --status FILE       What the model says of itself: JSON.stringify(model.status())
  --format FORMAT     markdown, with Hugging Face's metadata (default); google, the JSON of the Model Card Toolkit; json, everything
  -o, --output FILE   Where it is written (default: standard output)
  --check FILE        Writes nothing: says whether this card in Markdown is current, for CI. The exit code is 1 where it is not
  -h, --help          Show this help
`;

const FORMATS = ['markdown', 'google', 'json'];

export const card: Command = {
  summary: 'Writes the model card of a version, or checks that it is current',
  help: HELP,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        model: { type: 'string' },
        about: { type: 'string' },
        alias: { type: 'string' },
        'version-name': { type: 'string' },
        status: { type: 'string' },
        format: { type: 'string', default: 'markdown' },
        output: { type: 'string', short: 'o' },
        check: { type: 'string' },
      },
    });
    const [directory, ...more] = positionals;
    const { model, about, format, alias, check } = values;
    const version = values['version-name'];
    if (directory === undefined || more.length > 0)
      throw new UsageError(`Expected one directory, got ${positionals.length}: understudy card <registry>.`);
    if (model === undefined) throw new UsageError('Expected --model NAME.');
    if (about === undefined) throw new UsageError('Expected --about FILE.');
    if (!FORMATS.includes(format))
      throw new UsageError(`Expected one of ${FORMATS.join(', ')} after --format, got ${JSON.stringify(format)}.`);
    if (alias !== undefined && version !== undefined) throw new UsageError('Expected either --alias or --version-name.');
    const registered = createRegistry(createUnderstudy(), { store: fileRegistry({ directory }) }).model(model);
    const [status] = values.status === undefined ? [] : (await readStatus(values.status)).filter((one) => one.model === model);
    if (values.status !== undefined && status === undefined) throw new UsageError(`${values.status} has nothing of ${model}.`);
    const made = await modelCard({
      model: registered,
      of: version === undefined ? { alias: alias ?? 'champion' } : { version },
      about: (await readJson(about)) as ModelCardAbout,
      ...(status === undefined ? {} : { live: { status, at: Date.now() } }),
    });
    if (check !== undefined) return isCurrent(check, made.fingerprint, `${model} ${made.version.version}`);
    const written =
      format === 'markdown'
        ? cardMarkdown(made)
        : `${JSON.stringify(format === 'google' ? googleCard(made) : made, undefined, 2)}\n`;
    await writeText(written, values.output);
    return 0;
  },
};

async function isCurrent(path: string, fingerprint: string, what: string): Promise<0 | 1> {
  const found = fingerprintIn(
    await readFile(path, 'utf8').catch((cause: unknown) => {
      throw pathError(path, 'read', cause);
    }),
  );
  if (found === fingerprint) return 0;
  const why =
    found === undefined ? 'it is no card in Markdown of this program' : 'the registry or what people say has changed since';
  process.stderr.write(`${path}: is not the current card of ${what}: ${why}. Write it anew: understudy card.\n`);
  return 1;
}
