// As much of MariaDB's client/server protocol as a proxy needs: packets, commands, prepared statements.
// https://mariadb.com/kb/en/clientserver-protocol/

const headerSize = 4; // three bytes of length, one of sequence
export const command = { query: 0x03, prepare: 0x16, execute: 0x17, executeForEach: 0xfa };

/** Cuts a stream of bytes into packets, each with its header. */
export class PacketReader {
    #rest = Buffer.alloc(0);

    /** Takes what has arrived; returns the packets that are complete with it. */
    push(chunk) {
        this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
        const packets = [];
        while (this.#rest.length >= headerSize) {
            const size = headerSize + this.#rest.readUIntLE(0, 3);
            if (this.#rest.length < size) break;
            packets.push(this.#rest.subarray(0, size));
            this.#rest = this.#rest.subarray(size);
        }
        return packets;
    }
}

/** The packet with this payload, and the sequence number of another one. */
function packetLike(other, payload) {
    const packet = Buffer.alloc(headerSize + payload.length);
    packet.writeUIntLE(payload.length, 0, 3);
    packet[3] = other[3];
    payload.copy(packet, headerSize);
    return packet;
}

/** The server's name for a connection, from the greeting that begins it: what KILL takes. */
export function threadId(greeting) {
    const version = greeting.indexOf(0, headerSize + 1); // after the protocol's version, text up to a zero
    return greeting.readUInt32LE(version + 1);
}

/** Follows one connection: what each packet of the client asks for. */
export class Statements {
    #texts = new Map(); // statement id → SQL
    #preparing;

    /** @param {(sql: string) => string} rewrite what is prepared instead of a statement */
    constructor(rewrite = (sql) => sql) {
        this.rewrite = rewrite;
    }

    /**
     * A packet of the client: { packet, sql }. `packet` is what to pass on; `sql` is what it has the server do, nothing
     * for what is no command (the log-in) or does nothing yet (a preparation).
     */
    fromClient(packet) {
        this.#preparing = undefined;
        if (packet[3] !== 0) return { packet }; // commands begin at sequence 0
        const kind = packet[headerSize];
        if (kind === command.query) return { packet, sql: packet.toString('utf8', headerSize + 1) };
        if (kind === command.execute || kind === command.executeForEach)
            return { packet, sql: this.#texts.get(packet.readUInt32LE(headerSize + 1)) };
        if (kind !== command.prepare) return { packet };
        this.#preparing = this.rewrite(packet.toString('utf8', headerSize + 1));
        return { packet: packetLike(packet, Buffer.concat([Buffer.of(kind), Buffer.from(this.#preparing)])) };
    }

    /** The first packet of the server's answer, which names a statement that was prepared. */
    answered(packet) {
        if (this.#preparing === undefined || packet[headerSize] !== 0x00) return;
        this.#texts.set(packet.readUInt32LE(headerSize + 1), this.#preparing);
        this.#preparing = undefined;
    }
}
