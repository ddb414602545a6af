import type { Guarantees } from '../../protocols/coordinator/index.js';
import { GUARANTEES, STATED_COORDINATORS, type StatedCoordinator } from '../../props/scenarios/promises.js';

/** docs/coordinators.md: what each coordinator promises and what not, from what it states as data, and the properties that back it row by row. */
export function promisesPage(): string {
  return `# What each coordinator promises, and what it does not

Made by \`npm run docs\` from the guarantees that the coordinators state as data, from which the scheduler derives its own. Each row names the
scenario in which it is judged and the properties that judge it: claims that hold in every run (\`always\`, \`eventually\`), and of
what is not promised, where there is one, a sight of it (\`sometimes\`, in italics). \`orrery hunt SCENARIO\` tries them; \`props/scenarios/promises.test.ts\`
fails where a row has no property, or the property is not part of the scenario.

${STATED_COORDINATORS.map(section).join('\n\n')}
`;
}

function section(stated: StatedCoordinator): string {
  const rows = (Object.keys(GUARANTEES) as (keyof Guarantees)[]).map((row) => rowOf(stated, row));
  return [`## ${stated.name}`, '', '| | | judged in | by |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function rowOf({ coordinator, backing }: StatedCoordinator, row: keyof Guarantees): string {
  const { title, words } = GUARANTEES[row];
  const value = String(coordinator.guarantees[row]);
  const { scenario, properties, test, bound } = backing[row];
  const promise = words?.[value] ?? value;
  const said = `| ${title} | ${bound === undefined ? promise : `${promise}, ${bound}`} |`;
  if (test !== undefined) return `${said} \`${test.file}\` | ${test.name} |`;
  const named = properties.map((property) =>
    property in (scenario.properties.sometimes ?? {}) ? `*${property}*` : property,
  );
  return `${said} \`${scenario.name}\` | ${named.join(', ')} |`;
}
