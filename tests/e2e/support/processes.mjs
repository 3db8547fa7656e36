// The processes of the running stack, for tests that stop, freeze and kill them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stack } from './settings.mjs';

/** The process id of a service, mariadb, nginx or hub; nothing where it does not run at the moment. */
export function mainPid(name) {
    const pid = Number(readFileSync(join(stack.folder, 'services', name, 'supervise/pid'), 'utf8'));
    return pid === 0 ? undefined : pid; // kill(2) takes 0 for everybody
}
