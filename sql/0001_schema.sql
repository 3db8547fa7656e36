-- Users, sessions, blocks, conversations and messages.
-- Every statement of a migration may be run twice: DDL commits by itself, so a migration that was cut off starts over.

CREATE TABLE IF NOT EXISTS users (
    id            BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_name     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
    display_name  VARCHAR(64) NOT NULL,
    email         VARCHAR(254) NULL,
    password_hash VARCHAR(127) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
    created_at    DATETIME(3) NOT NULL,
    deleted_at    DATETIME(3) NULL,
    UNIQUE KEY user_name (user_name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- One log-in on one device. `id` is random and public; only a signed token that names it opens anything.
CREATE TABLE IF NOT EXISTS sessions (
    id           BINARY(16) NOT NULL PRIMARY KEY,
    user_id      BIGINT NOT NULL,
    created_at   DATETIME(3) NOT NULL,
    last_seen_at DATETIME(3) NOT NULL,
    expires_at   DATETIME(3) NOT NULL,
    user_agent   VARCHAR(255) NOT NULL,
    ip           VARCHAR(45) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
    KEY by_user (user_id, created_at),
    KEY by_expiry (expires_at),
    CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- While a row stands, the two can't write to each other.
CREATE TABLE IF NOT EXISTS blocks (
    user_id    BIGINT NOT NULL,
    blocked_id BIGINT NOT NULL,
    created_at DATETIME(3) NOT NULL,
    PRIMARY KEY (user_id, blocked_id),
    KEY by_blocked (blocked_id),
    CONSTRAINT blocks_user FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT blocks_blocked FOREIGN KEY (blocked_id) REFERENCES users (id)
) ENGINE = InnoDB;

-- Exactly two users, the lower id first. `last_seq` numbers the messages; `change_count` moves when one of them changes.
CREATE TABLE IF NOT EXISTS conversations (
    id           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_lo      BIGINT NOT NULL,
    user_hi      BIGINT NOT NULL,
    last_seq     BIGINT NOT NULL DEFAULT 0,
    change_count BIGINT NOT NULL DEFAULT 0,
    last_at      DATETIME(3) NOT NULL,
    read_lo      BIGINT NOT NULL DEFAULT 0,
    read_hi      BIGINT NOT NULL DEFAULT 0,
    UNIQUE KEY pair (user_lo, user_hi),
    KEY inbox_lo (user_lo, last_at),
    KEY inbox_hi (user_hi, last_at),
    CONSTRAINT conversations_lo FOREIGN KEY (user_lo) REFERENCES users (id),
    CONSTRAINT conversations_hi FOREIGN KEY (user_hi) REFERENCES users (id),
    CONSTRAINT two_users CHECK (user_lo < user_hi)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The clustered key is the reading order. `sent` and `received` serve the boxes that cross conversations.
-- No foreign keys: the numbering already locks the conversation's row, and each key would cost every send a look-up.
CREATE TABLE IF NOT EXISTS messages (
    conversation_id BIGINT NOT NULL,
    seq             BIGINT NOT NULL,
    sender_id       BIGINT NOT NULL,
    recipient_id    BIGINT NOT NULL,
    type            ENUM ('text', 'image', 'video') NOT NULL,
    text            VARCHAR(4000) NULL,
    url             VARCHAR(2048) NULL,
    width           SMALLINT UNSIGNED NULL,
    height          SMALLINT UNSIGNED NULL,
    duration_s      INT UNSIGNED NULL,
    source          VARCHAR(32) NULL,
    created_at      DATETIME(3) NOT NULL,
    edited_at       DATETIME(3) NULL,
    deleted_at      DATETIME(3) NULL,
    idempotency_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL,
    fingerprint     BINARY(16) NULL COMMENT 'of the content as first sent, kept with the key',
    PRIMARY KEY (conversation_id, seq),
    UNIQUE KEY idempotency (sender_id, idempotency_key),
    KEY sent (sender_id, created_at),
    KEY received (recipient_id, created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
