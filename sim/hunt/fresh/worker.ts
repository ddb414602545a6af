// The entry of a thread that carries out one run, as asked, and ends.
import { parentPort, workerData } from 'node:worker_threads';
import { loadScenario } from '../../threads/load-scenario.js';
import type { ProgramsOf } from '../../world/node-world.js';
import { PlacedRun } from '../placed-run.js';
import { effectComparer, effectRecorder } from './effect-log.js';
import type { FreshRequest, FreshResult } from './fresh-run.js';

process.setSourceMapsEnabled(true);
process.on('unhandledRejection', () => undefined);

/** A run with more lives than these shares modules among the last of them. */
const MODULES_MAX = 500;

/** Counts the lives of a run, then loads the module once for each. */
async function ownModules(placed: PlacedRun, { scenario, spec }: FreshRequest): Promise<ProgramsOf> {
  const lives: string[] = [];
  const nameOf = (node: string, life: number): string => `${node} ${life}`;
  placed.runHere(spec, {
    programsOf(node, life) {
      lives.push(nameOf(node, life));
      return placed.scenario.programs;
    },
  });
  const programs = new Map<string, ReturnType<ProgramsOf>>();
  for (const [index, life] of lives.slice(0, MODULES_MAX).entries()) {
    const copy = await loadScenario({ ...scenario, module: `${scenario.module}?copy=${index}` });
    programs.set(life, copy.programs);
  }
  return (node, life) => programs.get(nameOf(node, life)) ?? placed.scenario.programs;
}

async function carryOut(request: FreshRequest): Promise<FreshResult> {
  const { scenario, spec, isGuarded, before, hasOwnModules, isRecorded, expected } = request;
  const placed = await PlacedRun.load(scenario, { kind: 'inline' }, isGuarded);
  for (const seed of before)
    placed.runHere({ seed, ...(spec.params === undefined ? {} : { params: spec.params }) }, {});
  const programs = hasOwnModules ? { programsOf: await ownModules(placed, request) } : {};
  const recorder = isRecorded ? effectRecorder() : undefined;
  const comparer = expected === undefined ? undefined : effectComparer(expected);
  const effects = comparer?.listener ?? recorder?.listener;
  const { result, escapes } = placed.runHere(spec, { ...programs, ...(effects === undefined ? {} : { effects }) });
  const { fingerprint, steps, verdict } = result;
  const log = recorder?.log();
  const difference = comparer?.difference();
  return {
    ...{ fingerprint, steps, verdict, escapes },
    ...(log === undefined ? {} : { log }),
    ...(difference === undefined ? {} : { difference }),
  };
}

parentPort?.postMessage(await carryOut(workerData as FreshRequest));
