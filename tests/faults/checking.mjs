// The stack with the proxy in its place, ready for rounds.

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { databaseSocket, Killer, proxySocket } from './database.mjs';
import { impossible } from './nemesis.mjs';
import { DatabaseProxy } from './proxy.mjs';
import { Random } from './random.mjs';
import { isReady } from './ready.mjs';
import { playRound } from './round.mjs';

/** Why a kind of fault can't be had on a machine; scripts/faults.sh has tried. */
const reasons = {
    'disk full': process.env.SOTTO_FAULTS_NO_DISK || 'there is no small disk for MariaDB',
    'worker clock stepped': 'there is no libfaketime',
};

/**
 * Puts the proxy between workers and MariaDB, and waits until all answers. Resolves to
 *   round    async ({ seed, seconds, breakage, calm, log }) => the result of playRound
 *   skipped  [{ kind, why }]: faults that this machine can't have
 *   strikes  accident → how often it has struck
 *   end      async () => void
 */
export async function startChecking() {
    const killer = new Killer();
    const proxy = new DatabaseProxy({
        listen: proxySocket,
        target: databaseSocket,
        random: new Random('proxy'),
        kill: killer.kill,
    });
    await proxy.open();
    const deadline = Date.now() + 60_000;
    while (!(await isReady())) {
        if (Date.now() > deadline) throw new Error('the stack does not answer within 60 s');
        await pause(50);
    }
    let count = 0;
    const run = randomBytes(3).toString('hex'); // the database may have seen this seed before
    return {
        round: ({ seed, ...options }) => {
            const random = new Random(seed);
            proxy.random = random.of('proxy');
            return playRound({ random, proxy, name: `${run}-${++count}`, ...options });
        },
        skipped: impossible().map((kind) => ({ kind, why: reasons[kind] })),
        strikes: proxy.strikes,
        end: async () => {
            killer.close();
            await proxy.close();
        },
    };
}
