import { explore } from 'orrery/hunt';
import { simulate } from 'orrery/vitest';
import { expect, test } from 'vitest';
import { transfers, transfersForgetful } from './scenario.js';

simulate('each transfer is decided once', transfers, { seeds: 200 });

test('an account that forgets what it decided is found out', async () => {
  const { failure } = await explore(transfersForgetful, { seeds: 500 });
  expect(['movedOnce', 'moneyConserved']).toContain(failure?.result.violations[0]?.property);
});
