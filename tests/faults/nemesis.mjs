// What goes wrong in a round: when, what, for how long. The plan is drawn before the round begins, from the seed alone.

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { mainPid } from '../e2e/support/processes.mjs';
import { stack } from '../e2e/support/settings.mjs';
import { accidents } from './proxy.mjs';

const execute = promisify(execFile);
const services = join(stack.folder, 'services');
const workerFolders = join(services, 'api/workers');

const supervise = (action, name) => execute('sv', ['-w', '60', action, join(services, name)]);

/** Sends a signal to a process that may have ended just now; whether it had not. */
function signal(pid, name) {
    try {
        if (pid !== undefined) process.kill(pid, name);
        return pid !== undefined;
    } catch (error) {
        if (error.code !== 'ESRCH') throw error;
        return false;
    }
}

/** The folder and process of one of the api workers. */
function someWorker(random) {
    const folder = join(workerFolders, random.pick(readdirSync(workerFolders)));
    const pid = Number(readFileSync(join(folder, 'supervise/pid'), 'utf8'));
    return { folder, pid: pid === 0 ? undefined : pid };
}

const kill = (find) => (context) => {
    signal(find(context), 'SIGKILL');
};

const freeze = (find) => (context) => {
    const pid = find(context);
    signal(pid, 'SIGSTOP');
    return () => signal(pid, 'SIGCONT');
};

/** Kills MariaDB, and notes down when. */
function crash({ crashes }) {
    if (signal(mainPid('mariadb'), 'SIGKILL')) crashes.push(performance.now());
}

const worker = ({ random }) => someWorker(random).pid;
const service = (name) => () => mainPid(name);

const disk = join(stack.folder, 'disk');
const fillerFile = join(disk, 'filler');

/** Takes all that is left of MariaDB's disk: most at once, then bit by bit what file systems count differently. */
async function fillDisk() {
    const { bavail, bsize } = statfsSync(disk);
    const rest = 8 * 2 ** 20;
    await execute('fallocate', ['--length', String(Math.max(bsize, bavail * bsize - rest)), fillerFile]).catch(
        () => {},
    );
    const file = await open(fillerFile, 'a');
    const zeros = Buffer.alloc(bsize);
    let full = false;
    while (!full) {
        await file.write(zeros).catch((error) => {
            if (error.code !== 'ENOSPC') throw error;
            full = true;
        });
    }
    await file.close();
    return () => rmSync(fillerFile);
}

/**
 * Sets a worker's clock forward by up to an hour, or back by up to 50 s: beyond a minute it takes sessions for forged
 * that began after its time. libfaketime, which the worker was started with, reads the file at each look.
 */
function stepClock({ random }) {
    const clock = join(someWorker(random).folder, 'clock');
    const seconds = random.chance(0.5) ? random.below(3600) : -random.below(50);
    writeFileSync(clock, `${seconds < 0 ? '' : '+'}${seconds}`);
    return () => writeFileSync(clock, '+0');
}

/** Kind → how it begins, { random, proxy, crashes } → how it ends, where it does not by itself. */
const processFaults = {
    'worker killed': { weight: 3, seconds: [0, 0.3], begin: kill(worker) },
    'worker frozen': { weight: 2, seconds: [0.2, 6], begin: freeze(worker) },
    'worker told to stop': {
        weight: 1,
        seconds: [0, 0.3],
        begin: (context) => void signal(worker(context), 'SIGTERM'),
    },
    'worker clock stepped': {
        weight: 2,
        seconds: [0.5, 3],
        begin: stepClock,
        needs: () => existsSync(join(workerFolders, 'api-001/clock')),
    },
    'hub killed': { weight: 2, seconds: [0, 0.5], begin: kill(service('hub')) },
    'hub frozen': { weight: 1, seconds: [0.2, 3], begin: freeze(service('hub')) },
    'nginx reloaded': { weight: 2, seconds: [0, 0.5], begin: () => void signal(mainPid('nginx'), 'SIGHUP') },
    'MariaDB killed': { weight: 3, seconds: [0, 0.5], begin: crash },
    'MariaDB frozen': { weight: 2, seconds: [0.2, 3], begin: freeze(service('mariadb')) },
    'MariaDB stopped': {
        weight: 1,
        seconds: [0.5, 3],
        begin: async () => {
            await supervise('down', 'mariadb');
            return () => supervise('up', 'mariadb');
        },
    },
    'disk full': { weight: 2, seconds: [1, 4], begin: fillDisk, needs: () => existsSync(disk) },
};

const proxyFaults = Object.fromEntries(
    Object.keys(accidents).map((accident) => [
        accident,
        {
            weight: 1,
            seconds: [0.3, 2],
            begin: ({ random, proxy }) => {
                proxy.disturb(accident, random.between(0.05, 0.5));
                return () => proxy.calm();
            },
        },
    ]),
);

const lanes = [processFaults, proxyFaults];
const faults = Object.assign({}, ...lanes);

/** What this machine can't do. */
export const impossible = () => Object.keys(faults).filter((kind) => faults[kind].needs?.() === false);

/**
 * Draws the faults of a round: one after the other in each of two lanes, processes and proxy, side by side.
 *
 * @param {Random} random
 * @param {number} seconds how long the round's load runs
 * @param {string[]} certain kinds that come first, in this order
 * @returns [{ lane, at, kind, seconds }] by time, in seconds from the beginning of the load
 */
export function drawPlan(random, seconds, certain = []) {
    const cannot = new Set(impossible());
    const plan = lanes.flatMap((lane, i) => {
        const weights = Object.fromEntries(
            Object.entries(lane)
                .filter(([kind]) => !cannot.has(kind))
                .map(([kind, { weight }]) => [kind, weight]),
        );
        const first = certain.filter((kind) => kind in weights);
        const drawn = [];
        const draws = random.of(i);
        for (let at = draws.between(0.3, 1.5); at < seconds;) {
            const kind = first.shift() ?? draws.weighted(weights);
            const lasts = draws.between(...lane[kind].seconds);
            drawn.push({ lane: i, at, kind, seconds: lasts });
            at += lasts + draws.between(0.2, 1.5);
        }
        return drawn;
    });
    return plan.sort((a, b) => a.at - b.at);
}

/** Carries the plan out, from now on. Resolves when everything that had an end has ended. */
export async function carryOut(plan, context, log) {
    const began = performance.now();
    const inTurn = async (lane) => {
        // Beginning and ending take their time too, and what comes next in the lane waits for it.
        for (const { at, kind, seconds } of lane) {
            await pause(Math.max(0, at * 1000 - (performance.now() - began)));
            log(`${at.toFixed(1)} s: ${kind}${seconds > 0.5 ? `, for ${seconds.toFixed(1)} s` : ''}`);
            const end = await faults[kind].begin(context);
            await pause(seconds * 1000);
            await end?.();
        }
    };
    await Promise.all(lanes.map((_, i) => inTurn(plan.filter(({ lane }) => lane === i))));
}
