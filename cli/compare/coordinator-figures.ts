import type { Coordinator } from '../../protocols/coordinator/index.js';
import type { ScenarioReport } from '../../sim/hunt/hunt.js';
import type { RunSummary } from '../../sim/hunt/seed-outcome.js';
import type { CoordinatorFigures } from '../../web/report/comparison.js';

const CONSISTENCY = Object.freeze({ linearizable: 'linearizable', eventual: 'eventual' });
const EFFECT_ONCE = Object.freeze({ always: 'always', 'while-connected': 'while the members reach each other' });

/** Adds up what the gauge of the scheduler's scenarios measured, seed by seed (props/scheduler/figures.ts). */
export function coordinatorFigures(
  { name, guarantees }: Coordinator,
  { scenario, totals, wallMs }: ScenarioReport,
  runs: readonly RunSummary[],
): CoordinatorFigures {
  const values = (figure: string): readonly number[] => runs.flatMap(({ figures }) => figures?.[figure] ?? []);
  const sum = (figure: string): number => values(figure).reduce((total, value) => total + value, 0);
  return {
    coordinator: name,
    scenario: scenario.name,
    consistency: CONSISTENCY[guarantees.consistency],
    effectOnce: EFFECT_ONCE[guarantees.effectOnce],
    seeds: totals.seeds,
    failedSeeds: runs.filter(({ verdict }) => verdict !== 'passed').map(({ seed }) => seed),
    simulatedMs: totals.simulatedMs,
    wallMs,
    tasksAccepted: sum('tasksAccepted'),
    tasksLost: sum('tasksLost'),
    executedTwice: sum('executedTwice'),
    effectsTwice: sum('effectsTwice'),
    effectsRefused: sum('effectsRefused'),
    timesToRecoverMs: values('recoverMs'),
    leaderSwitchesMs: values('leaderSwitchMs'),
    splitBrainMs: sum('splitBrainMs'),
  };
}
