// A proxy on a unix socket between the workers and MariaDB, which cuts, delays and halves at the worst moments.

import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { PacketReader, Statements, threadId } from './packets.mjs';

/**
 * What changes something: procedures and read marks, committed when the server answers, and each step of a batch, the
 * last of which is COMMIT itself.
 */
const changes = /^(CALL (send|change)_message|INSERT INTO messages|UPDATE conversations|COMMIT)/;

const half = (bytes) => bytes.subarray(0, Math.ceil(bytes.length / 2));
const otherHalf = (bytes) => bytes.subarray(Math.ceil(bytes.length / 2));

/**
 * What can befall a statement that changes something. Each gets the connection and the packet, and has it go on, or not.
 * "Before" and "after" are about the COMMIT inside: a procedure begins and commits its own transaction.
 */
export const accidents = {
    'cut before commit': (connection) => connection.cut(),
    'half a request, then cut': (connection, packet) => {
        connection.server.write(half(packet));
        connection.cut();
    },
    // The server goes on without anybody to answer, while the worker tries again.
    'cut while it runs': (connection, packet) => {
        connection.server.write(packet);
        connection.cut();
    },
    'cut after commit': (connection, packet) => {
        connection.onAnswer = () => connection.cut();
        connection.server.write(packet);
    },
    'half an answer, then cut': (connection, packet) => {
        connection.onAnswer = (chunk) => {
            connection.client.write(half(chunk));
            connection.cut();
        };
        connection.server.write(packet);
    },
    // The server itself gives the connection up, wherever the transaction is by then.
    'killed while it runs': async (connection, packet, { random, kill }) => {
        connection.server.write(packet);
        await pause(random.between(0, 3));
        kill(connection.thread);
    },
    'delayed request': async (connection, packet, { random }) => {
        await pause(random.between(10, 800));
        connection.server.write(packet);
    },
    'delayed answer': (connection, packet, { random }) => {
        connection.onAnswer = async (chunk) => {
            await pause(random.between(10, 800));
            connection.client.write(chunk);
        };
        connection.server.write(packet);
    },
    'halved packets': async (connection, packet, { random }) => {
        connection.onAnswer = async (chunk) => {
            connection.client.write(half(chunk));
            await pause(random.between(1, 30));
            connection.client.write(otherHalf(chunk));
        };
        connection.server.write(half(packet));
        await pause(random.between(1, 30));
        connection.server.write(otherHalf(packet));
    },
};

/** One worker's connection, and ours to the server in its name. */
class Connection {
    /** @type {((chunk: Buffer) => unknown)|undefined} takes the beginning of the next answer out of our hands */
    onAnswer;
    thread;
    #fromClient = new PacketReader();
    #fromServer = new PacketReader();
    #held = Promise.resolve(); // what still has to reach the client before the next bytes of the server

    constructor(client, proxy) {
        this.client = client;
        this.proxy = proxy;
        this.server = connect(proxy.target);
        this.statements = new Statements(proxy.rewrite);
        this.server.on('data', (chunk) => this.#answer(chunk));
        client.on('data', (chunk) => this.#ask(chunk));
        for (const end of [client, this.server]) {
            end.on('error', () => {}); // a close follows
            end.on('close', () => this.cut());
        }
    }

    cut() {
        this.client.destroy();
        this.server.destroy();
        this.proxy.connections.delete(this);
    }

    #ask(chunk) {
        for (const arrived of this.#fromClient.push(chunk)) {
            const { packet, sql } = this.statements.fromClient(arrived);
            const accident = sql !== undefined && changes.test(sql) ? this.proxy.nextAccident() : undefined;
            if (accident) accidents[accident](this, packet, this.proxy);
            else this.server.write(packet);
        }
    }

    #answer(chunk) {
        const packets = this.#fromServer.push(chunk);
        if (this.thread === undefined) {
            if (packets.length > 0) this.thread = threadId(packets[0]);
        } else if (packets.length > 0) {
            this.statements.answered(packets[0]);
        }
        const take = this.onAnswer;
        this.onAnswer = undefined;
        this.#held = this.#held.then(() => (take ? take(chunk) : this.client.write(chunk)));
    }
}

export class DatabaseProxy {
    connections = new Set();
    /** Accident → how often it has struck. */
    strikes = {};
    rewrite = (sql) => sql;
    #server;
    #accident;
    #share = 0;

    /**
     * @param {object} options
     *   listen   path of the socket for the workers
     *   target   path of MariaDB's own
     *   random   a Random
     *   kill     (thread) => void: has the server end this connection
     */
    constructor({ listen, target, random, kill }) {
        Object.assign(this, { listen, target, random, kill });
    }

    async open() {
        this.#server = createServer((client) => this.connections.add(new Connection(client, this)));
        await new Promise((resolve, reject) => {
            this.#server.once('error', reject);
            this.#server.listen(this.listen, resolve);
        });
    }

    async close() {
        const closed = new Promise((resolve) => this.#server.close(resolve));
        this.cutAll();
        await closed;
    }

    cutAll() {
        for (const connection of this.connections) connection.cut();
    }

    /** From now on this accident befalls so large a share of the statements that commit. */
    disturb(accident, share) {
        this.#accident = accident;
        this.#share = share;
    }

    calm() {
        this.#accident = undefined;
    }

    nextAccident() {
        if (this.#accident === undefined || !this.random.chance(this.#share)) return undefined;
        this.strikes[this.#accident] = (this.strikes[this.#accident] ?? 0) + 1;
        return this.#accident;
    }
}
