// The processes of the running stack, for tests that stop, freeze and kill them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stack } from './api.mjs';

/** The process id of a service: mariadb, nginx or hub; 0 where it does not run at the moment. */
export function mainPid(name) {
    return Number(readFileSync(join(stack.folder, 'services', name, 'supervise/pid'), 'utf8'));
}
