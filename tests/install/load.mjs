// People who use the server while something happens to it: `node load.mjs STATE`, ended by SIGTERM.
//
// Four people send messages to a fifth and read them, each request on a connection of its own, at a rate below nginx's limits. Every
// request must be answered with 200 or 201: nothing is sent twice. At the end each conversation must have exactly the messages that were
// acknowledged, in order and without a hole. STATE keeps users, sessions and counts between runs, so that a later one proves that nobody
// was logged out and nothing was forgotten. The last line is a report in JSON; exit status 1 says that something was lost.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';

const { SOTTO_HOST: host, SOTTO_CA: ca } = process.env;
const stateFile = process.argv[2];
const agent = new Agent({ ca: readFileSync(ca), servername: host, keepAlive: false });
const pace = 30; // milliseconds between two requests of one person

function call(method, path, { token, json } = {}) {
    const body = json === undefined ? undefined : JSON.stringify(json);
    return new Promise((resolve, reject) => {
        const outgoing = request(
            {
                agent,
                host: '127.0.0.1',
                method,
                path: `/api/v1${path}`,
                timeout: 60_000,
                headers: {
                    Host: host,
                    ...(token && { Authorization: `Bearer ${token}` }),
                    ...(body && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
                },
            },
            (incoming) => {
                const chunks = [];
                incoming.on('data', (chunk) => chunks.push(chunk));
                incoming.on('error', reject);
                incoming.on('end', () => {
                    const text = Buffer.concat(chunks).toString();
                    const { statusCode: status } = incoming;
                    if (status === 200 || status === 201) resolve(JSON.parse(text));
                    else reject(new Error(`${method} ${path}: ${status} ${text.slice(0, 200)}`));
                });
            },
        );
        outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer`)));
        outgoing.on('error', reject);
        outgoing.end(body);
    });
}

async function signUpAll() {
    const suffix = randomBytes(4).toString('hex');
    const recipient = `reader.${suffix}`;
    const password = randomBytes(12).toString('hex');
    await call('POST', '/users', { json: { user_name: recipient, password } });
    const senders = [];
    for (let i = 1; i <= 4; i++) {
        const user_name = `sender${i}.${suffix}`;
        await call('POST', '/users', { json: { user_name, password } });
        const { token } = await call('POST', '/sessions', { json: { user_name, password, token: true } });
        senders.push({ user_name, token, stored: [] });
    }
    return { recipient, senders };
}

const state = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile)) : await signUpAll();
const failures = [];
let stopping = false;
let requests = 0;
process.on('SIGTERM', () => (stopping = true));
process.on('SIGINT', () => (stopping = true));

/** One person: sends, and reads every fourth time. */
async function use(sender) {
    while (!stopping) {
        const started = Date.now();
        requests++;
        try {
            if (requests % 4 === 0) {
                await call('GET', `/messages?with=${state.recipient}&per_page=20&page=1`, sender);
            } else {
                const text = `no. ${sender.stored.length + 1}`;
                const { seq } = await call('POST', '/messages', {
                    ...sender,
                    json: { recipient: state.recipient, type: 'text', text },
                });
                sender.stored.push(seq);
            }
        } catch (error) {
            failures.push(`${new Date().toISOString()} ${sender.user_name}: ${error.message}`);
        }
        await pause(Math.max(0, started + pace - Date.now()));
    }
}

/** Fails where what is stored is not what was acknowledged. */
async function compare(sender) {
    const { messages } = await call('GET', `/messages?with=${state.recipient}&order=asc`, sender);
    const seqs = messages.map((message) => message.seq);
    const dense = seqs.every((seq, i) => seq === i + 1);
    if (!dense || JSON.stringify(seqs) !== JSON.stringify(sender.stored)) {
        failures.push(`${sender.user_name}: ${sender.stored.length} acknowledged, ${seqs.length} stored`);
    }
}

await Promise.all(state.senders.map(use));
for (const sender of state.senders) {
    await compare(sender).catch((error) => failures.push(error.message));
}
writeFileSync(stateFile, JSON.stringify(state));
console.log(JSON.stringify({ requests, lost: failures.length, failures: failures.slice(0, 5) }));
process.exitCode = failures.length > 0 || requests === 0 ? 1 : 0;
