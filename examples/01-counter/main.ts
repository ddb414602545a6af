import { explore } from 'orrery/hunt';
import { counting, countingBuggy } from './scenario.js';

const seeds = 200;

const buggy = await explore(countingBuggy, { seeds });
const failure = buggy.failure?.result;
if (failure === undefined) throw new Error(`expected one of ${seeds} seeds to show the bug`);
const [violation] = failure.violations;
console.log(`counting-buggy: seed ${failure.seed} fails`);
console.log(`  ${violation?.property} at step ${violation?.step}: ${violation?.message}`);
console.log(`  replay: npx orrery replay examples/01-counter/scenario.ts#countingBuggy --seed ${failure.seed}`);

const mended = await explore(counting, { seeds });
if (mended.failure !== undefined) throw new Error(`seed ${mended.failure.result.seed} fails`);
console.log(`counting: all ${mended.seedsRun} seeds pass`);
for (const [name, runs] of Object.entries(mended.reached)) console.log(`  sometimes ${name}: in ${runs} of them`);
console.log('serve the same actor over TCP: node dist/examples/01-counter/serve.js');
