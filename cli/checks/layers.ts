// Cruises a source tree with the rules of `.dependency-cruiser.js`. A cruise of no modules is a failure: a cruiser that
// cannot read TypeScript finds no violations either.
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

export interface LayerReport {
  readonly moduleCount: number;
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[];
}

/** Cruises the tree at `treePath` with the rules that stand in the repository at `repositoryPath`. */
export async function cruiseLayers(repositoryPath: string, treePath: string): Promise<LayerReport> {
  const configured = await extractDepcruiseOptions(resolve(repositoryPath, '.dependency-cruiser.js'));
  const options: ICruiseOptions = { ...configured, baseDir: treePath };
  const tsConfig = extractTSConfig(resolve(repositoryPath, 'tsconfig.base.json'));
  const { output } = await cruise(['.'], options, {}, { tsConfig });
  if (typeof output === 'string') throw new Error('expected the cruise as data, not as a text');
  return reportOf(output);
}

function reportOf(result: ICruiseResult): LayerReport {
  const moduleCount = result.modules.filter((module) => /^(?!.*node_modules).*\.tsx?$/.test(module.source)).length;
  const violations = result.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
  return { moduleCount, violations };
}

async function main(): Promise<void> {
  const report = await cruiseLayers(process.cwd(), process.cwd());
  for (const { rule, from, to } of report.violations) console.error(`${rule}: ${from} -> ${to}`);
  console.log(`layers: ${report.moduleCount} modules, ${report.violations.length} violations`);
  if (report.moduleCount === 0 || report.violations.length > 0) process.exitCode = 1;
}

const entry = process.argv[1];
if (entry !== undefined && import.meta.url === pathToFileURL(entry).href) await main();
