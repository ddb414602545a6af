// The entry of a thread that carries out one run, as asked, and ends.
import { parentPort, workerData } from 'node:worker_threads';
import type { Scenario, ScenarioReference } from '../../scenario.js';
import { loadScenario } from '../../threads/load-scenario.js';
import type { ProgramsOf } from '../../world/node-world.js';
import { PlacedRun } from '../placed-run.js';
import { effectComparer, effectRecorder } from './effect-log.js';
import type { FreshRequest, FreshResult, Life } from './fresh-run.js';

process.setSourceMapsEnabled(true);
process.on('unhandledRejection', () => undefined);

type Programs = Scenario['programs'];

/** A run with more lives than these shares modules among the last of them. */
const MODULES_MAX = 500;

const nameOf = ({ node, life }: Life): string => `${node} ${life}`;

/** The programs of a module of its own for each of these lives. */
async function loadAnew(scenario: ScenarioReference, lives: readonly Life[]): Promise<ReadonlyMap<string, Programs>> {
  const programs = new Map<string, Programs>();
  for (const [index, life] of lives.slice(0, MODULES_MAX).entries()) {
    const copy = await loadScenario({ ...scenario, module: `${scenario.module}?copy=${index}` });
    programs.set(nameOf(life), copy.programs);
  }
  return programs;
}

async function carryOut(request: FreshRequest): Promise<FreshResult> {
  const { scenario, spec, isGuarded, before, ownModules = [], isRecorded, expected } = request;
  const placed = await PlacedRun.load(scenario, { kind: 'inline' }, isGuarded);
  for (const seed of before)
    placed.runHere({ seed, ...(spec.params === undefined ? {} : { params: spec.params }) }, {});
  const anew = await loadAnew(scenario, ownModules);
  const lives: Life[] = [];
  const programsOf: ProgramsOf = (node, life) => {
    lives.push({ node, life });
    return anew.get(nameOf({ node, life })) ?? placed.scenario.programs;
  };
  const recorder = isRecorded ? effectRecorder() : undefined;
  const comparer = expected === undefined ? undefined : effectComparer(expected);
  const effects = comparer?.listener ?? recorder?.listener;
  const { result, escapes } = placed.runHere(spec, { programsOf, ...(effects === undefined ? {} : { effects }) });
  const { fingerprint, steps, verdict, violations } = result;
  const log = recorder?.log();
  const difference = comparer?.difference();
  return {
    ...{ fingerprint, steps, verdict, violations, escapes, lives },
    ...(log === undefined ? {} : { log }),
    ...(difference === undefined ? {} : { difference }),
  };
}

parentPort?.postMessage(await carryOut(workerData as FreshRequest));
