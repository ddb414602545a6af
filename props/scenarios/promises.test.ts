import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Guarantees } from '../../protocols/coordinator/index.js';
import { GUARANTEES, STATED_COORDINATORS } from './promises.js';

const rows = Object.keys(GUARANTEES) as (keyof Guarantees)[];

describe.each(STATED_COORDINATORS.map((stated) => [stated.name, stated] as const))('%s', (_name, stated) => {
  const { guarantees } = stated.coordinator;

  it('states each guarantee, and nothing that has no row', () => {
    expect(Object.keys(guarantees).sort()).toEqual([...rows].sort());
  });

  it.each(rows)('%s is worded, and backed by properties that its scenario judges', (row) => {
    const { words } = GUARANTEES[row];
    if (words !== undefined) expect(words).toHaveProperty(String(guarantees[row]));
    const { scenario, properties, test } = stated.backing[row];
    if (test !== undefined) {
      expect(readFileSync(new URL(`../../${test.file}`, import.meta.url), 'utf8')).toContain(`it('${test.name}'`);
      return;
    }
    const { always = {}, eventually = {}, sometimes = {} } = scenario.properties;
    const judged = [always, eventually, sometimes].flatMap((section) => Object.keys(section));
    expect(properties.length).toBeGreaterThan(0);
    for (const property of properties) expect(judged).toContain(property);
    // A sight of something proves that it happens, never that it does not.
    const claims = properties.filter((property) => !(property in sometimes));
    const isPromised = guarantees[row] !== false && guarantees[row] !== 'while-connected';
    expect(claims.length > 0 || !isPromised).toBe(true);
  });
});
