// The running stack from behind: its database, its supervisor (runit), its processes.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stack } from './settings.mjs';

const services = join(stack.folder, 'services');

/** Runs SQL as the administrator; what it selects comes back as rows of text. */
export function sql(statement) {
    const output = execFileSync(stack.dev, ['sql', '--batch', '--skip-column-names', '-e', statement], {
        encoding: 'utf8',
        timeout: 300_000,
    });
    return output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('\t'));
}

/** Has the supervisor stop or start a service, e.g. service('down', 'mariadb'), and waits until it has. */
export function service(action, name) {
    execFileSync('sv', ['-w', '60', action, join(services, name)], { stdio: 'ignore', timeout: 70_000 });
}

/** The process ids of a pool's workers. */
export function workers(pool = 'api') {
    const folder = join(services, pool, 'workers');
    const pids = readdirSync(folder).map((worker) =>
        Number(readFileSync(join(folder, worker, 'supervise/pid'), 'utf8')),
    );
    return pids.filter((pid) => pid > 0);
}

/** What a process has in memory for itself, shared pages divided by their sharers, in KiB. */
export function pss(pid) {
    return Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
}
