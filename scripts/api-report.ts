/**
 * Compares the public API of every entry with its reviewed report in etc/api-report/.
 * `--update` writes the reports: commit them with the change that they describe.
 */
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const { values } = parseArgs({ options: { update: { type: 'boolean', default: false } } });
const reports = resolve('etc/api-report');
const scratch = resolve('.verify/api-report');
mkdirSync(reports, { recursive: true });
mkdirSync(scratch, { recursive: true });

function checkEntry(folder: string, name: string, types: string): string | undefined {
  const report = `${basename(folder)}.${name}.api.md`;
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: resolve(folder),
      mainEntryPointFilePath: join(resolve(folder), types),
      compiler: { tsconfigFilePath: resolve(folder, 'tsconfig.build.json') },
      apiReport: { enabled: true, reportFileName: report, reportFolder: reports, reportTempFolder: scratch },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          // A type that the reader of a signature needs and cannot import.
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: resolve(folder, 'package.json'),
  });
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: values.update,
    messageCallback: (message) => {
      message.handled = true;
    },
  });
  return apiReportChanged && !values.update ? report : undefined;
}

const changed: string[] = [];
const expected = new Set<string>();
for (const manifestPath of globSync('packages/*/package.json')) {
  const folder = join(manifestPath, '..');
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as { exports: Record<string, string | { types: string }> };
  for (const target of Object.values(manifest.exports)) {
    if (typeof target === 'string') continue;
    const name = basename(target.types, '.d.ts');
    expected.add(`${basename(folder)}.${name}.api.md`);
    const report = checkEntry(folder, name, target.types);
    if (report !== undefined) changed.push(report);
  }
}
for (const file of globSync('*.api.md', { cwd: reports })) {
  if (expected.has(file)) continue;
  if (values.update) rmSync(join(reports, file));
  else changed.push(file);
}

for (const report of changed) console.log(`etc/api-report/${report} is not the public API (new text in .verify/api-report/)`);
if (changed.length > 0) console.log('If the change is meant: pnpm run api:update, and review the difference.');
process.exitCode = changed.length === 0 ? 0 : 1;
