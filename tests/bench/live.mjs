// What live delivery costs: the hub's memory for an idle connection, and the time from commit to receipt.
//
//   SOTTO_RATE_LIMIT=off ./dev up && node tests/bench/live.mjs [IDLE [RATE [SECONDS]]]
//
// The hub is restarted. IDLE connections (10000) are opened on its own socket, each for a user of its own, and stay
// open. Then RATE messages a second (1000) are sent for SECONDS (20), through nginx with TLS, to recipients who listen
// through nginx with TLS. The stack is found by SOTTO_VAR and SOTTO_HTTPS_PORT, as by ./dev. Nothing else should run on
// the machine: the load comes from it, too.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mapInParallel, quantile } from '../e2e/support/https.mjs';
import { measureDelivery, opened } from './delivery.mjs';

const WebSocket = createRequire(new URL('../e2e/package.json', import.meta.url))('ws');

const [idleCount = 10_000, rate = 1000, seconds = 20] = process.argv.slice(2).map(Number);

const folder = process.env.SOTTO_VAR ?? fileURLToPath(new URL('../../var', import.meta.url));
const hubSocket = join(realpathSync(join(folder, 'run')), 'hub.sock');
const hubService = join(folder, 'services/hub');
const server = {
    url: `https://localhost:${process.env.SOTTO_HTTPS_PORT ?? 8443}`,
    ca: readFileSync(join(folder, 'tls/localhost.crt')),
};

/** Starts the hub anew: what it held before is freed memory that the next connections would get for nothing. */
async function restartHub() {
    execFileSync('sv', ['-w', '20', 'restart', hubService], { stdio: 'ignore' });
    while ((await connectionsNow().catch(() => undefined)) === undefined) await pause(50);
}

/** What the hub has in memory for itself, in bytes: PSS, so without what the kernel keeps for its sockets. */
function hubMemory() {
    const pid = readFileSync(join(hubService, 'supervise/pid'), 'utf8').trim();
    return 1024 * Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
}

/** One of the hub's metrics. */
function metric(series) {
    return new Promise((resolve, reject) => {
        get({ socketPath: hubSocket, path: '/metrics' }, async (answer) => {
            const text = Buffer.concat(await answer.toArray()).toString();
            resolve(
                Number(
                    text
                        .split('\n')
                        .find((line) => line.startsWith(`${series} `))
                        .split(' ')[1],
                ),
            );
        }).on('error', reject);
    });
}

const connectionsNow = () => metric('sotto_hub_connections{kind="websocket"}');

/** Opens idle connections until `idleCount`, or until one is refused. */
async function openIdle() {
    const sockets = [];
    let refusal;
    await mapInParallel(Array.from({ length: idleCount }), 64, async (_, i) => {
        if (refusal) return;
        const target = `ws://localhost/live?user=${1e12 + i}&session=${randomBytes(16).toString('hex')}`;
        const socket = new WebSocket(target, { createConnection: () => createConnection(hubSocket) });
        socket.on('error', (error) => (refusal ??= error));
        await opened(socket).then(
            () => sockets.push(socket),
            () => {},
        );
    });
    if (refusal) {
        console.log(`refused after ${sockets.length} connections: ${refusal.message}; 100 go to make room`);
        for (const socket of sockets.splice(-100)) socket.terminate();
        while ((await connectionsNow().catch(() => Infinity)) > sockets.length) await pause(50);
    }
    return sockets;
}

async function measureMemory() {
    const before = hubMemory();
    const sockets = await openIdle();
    const perConnection = () => ((hubMemory() - before) / sockets.length / 1024).toFixed(2);
    console.log(`${await connectionsNow()} idle connections, ${perConnection()} KiB each when opened`);
    const pings = sockets.map((socket) => new Promise((resolve) => socket.once('ping', resolve)));
    await Promise.race([Promise.all(pings), pause(60_000)]);
    await pause(1000); // for the pongs
    console.log(`${await connectionsNow()} idle connections, ${perConnection()} KiB each when each was pinged once`);
    console.log(`hub: PSS ${(hubMemory() / 1048576).toFixed(1)} MiB, before them ${(before / 1048576).toFixed(1)} MiB`);
    return sockets;
}

async function measureLatency() {
    const { asked, span, times, heard } = await measureDelivery(server, { rate, seconds });
    console.log(`${asked} messages in ${span.toFixed(2)} s, ${Math.round(asked / span)} a second of ${rate} asked for; ${heard} received live`);
    report('from due to receipt (all of it, the load generator too)', times.dueToReceipt);
    report('from created_at to receipt (so before commit: an upper bound)', times.createdToReceipt);
    report('from 201 to receipt (so after commit: a lower bound)', times.answerToReceipt);
    report('from due to 201', times.dueToAnswer);
}

function report(what, times) {
    const [p50, p99, most] = [0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(1));
    console.log(`  ${what}: p50 ${p50} ms, p99 ${p99} ms, most ${most} ms`);
}

await restartHub();
const idle = await measureMemory();
await measureLatency();
const open = idle.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
console.log(
    `${open} idle connections are open still; slow readers closed: ${await metric('sotto_hub_slow_readers_total')}`,
);
for (const socket of idle) socket.terminate();
