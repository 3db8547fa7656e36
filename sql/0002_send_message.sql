-- Sending in one round trip: who, to whom, where, the number, the row and the commit; retried whole after a deadlock, a
-- lock wait or a stale snapshot, since InnoDB has then given up the transaction and not one statement.
--
-- Answers one row: outcome, conversation_id, seq, created_at, sender_id, recipient_id and
-- whether the session's last_seen_at is due. `outcome` is
--   sent            the message is stored and committed
--   replayed        the sender has used this key for this very content: the numbers are those of the first time
--   key_reused      the sender has used this key for something else
--   no_session      the session is unknown, ended or expired
--   no_recipient    no such user, or an erased one
--   to_oneself      sender and recipient are the same user
--   blocked         one of the two has blocked the other

CREATE OR REPLACE PROCEDURE send_message(
    p_session     BINARY(16),
    p_recipient   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin,
    p_type        VARCHAR(5),
    p_text        VARCHAR(4000) CHARACTER SET utf8mb4,
    p_url         VARCHAR(2048) CHARACTER SET utf8mb4,
    p_width       SMALLINT UNSIGNED,
    p_height      SMALLINT UNSIGNED,
    p_duration_s  INT UNSIGNED,
    p_source      VARCHAR(32) CHARACTER SET utf8mb4,
    p_key         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin,
    p_fingerprint BINARY(16)
)
    SQL SECURITY INVOKER
    MODIFIES SQL DATA
BEGIN
    DECLARE v_outcome VARCHAR(12) DEFAULT NULL;
    DECLARE v_attempts INT DEFAULT 0;
    DECLARE v_sender, v_recipient, v_conversation, v_seq BIGINT;
    DECLARE v_created DATETIME(3);
    DECLARE v_fingerprint BINARY(16);
    DECLARE v_seen_long_ago, v_blocked BOOLEAN DEFAULT FALSE;

    SELECT s.user_id, s.last_seen_at < UTC_TIMESTAMP(3) - INTERVAL 5 MINUTE, p.id, c.id,
           theirs.user_id IS NOT NULL OR mine.user_id IS NOT NULL
    INTO v_sender, v_seen_long_ago, v_recipient, v_conversation, v_blocked
    FROM sessions s
    LEFT JOIN users p ON p.user_name = p_recipient AND p.deleted_at IS NULL
    LEFT JOIN conversations c
        ON c.user_lo = LEAST(s.user_id, p.id) AND c.user_hi = GREATEST(s.user_id, p.id)
    LEFT JOIN blocks theirs ON theirs.user_id = p.id AND theirs.blocked_id = s.user_id
    LEFT JOIN blocks mine ON mine.user_id = s.user_id AND mine.blocked_id = p.id
    WHERE s.id = p_session AND s.expires_at > UTC_TIMESTAMP(3);

    IF v_sender IS NULL THEN
        SET v_outcome = 'no_session';
    ELSEIF v_recipient IS NULL THEN
        SET v_outcome = 'no_recipient';
    ELSEIF v_recipient = v_sender THEN
        SET v_outcome = 'to_oneself';
    ELSEIF v_blocked THEN
        SET v_outcome = 'blocked';
    END IF;

    WHILE v_outcome IS NULL DO
        BEGIN
            -- The key is taken by a committed row: answer from that row.
            DECLARE EXIT HANDLER FOR 1062
            BEGIN
                ROLLBACK;
                SELECT conversation_id, seq, created_at, fingerprint
                INTO v_conversation, v_seq, v_created, v_fingerprint
                FROM messages
                WHERE sender_id = v_sender AND idempotency_key = p_key;
                IF v_fingerprint IS NULL THEN
                    RESIGNAL;
                END IF;
                SET v_outcome = IF(v_fingerprint = p_fingerprint, 'replayed', 'key_reused');
            END;
            DECLARE EXIT HANDLER FOR 1213, 1205, 1020
            BEGIN
                ROLLBACK;
                SET v_attempts = v_attempts + 1;
                IF v_attempts >= 5 THEN
                    RESIGNAL;
                END IF;
            END;
            DECLARE EXIT HANDLER FOR SQLEXCEPTION
            BEGIN
                ROLLBACK;
                RESIGNAL;
            END;

            START TRANSACTION;
            IF v_conversation IS NULL THEN
                INSERT INTO conversations (user_lo, user_hi, last_at)
                VALUES (LEAST(v_sender, v_recipient), GREATEST(v_sender, v_recipient), UTC_TIMESTAMP(3))
                ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id);
                SET v_conversation = LAST_INSERT_ID();
            END IF;

            -- The row lock taken here orders the senders. Time never runs backwards within a conversation, whatever
            -- the clock does; SYSDATE is read once the lock is held, UTC_TIMESTAMP would be read before.
            SELECT last_seq + 1, GREATEST(last_at, SYSDATE(3))
            INTO v_seq, v_created
            FROM conversations
            WHERE id = v_conversation
            FOR UPDATE;

            -- What I write I have read.
            UPDATE conversations
            SET last_seq = v_seq,
                last_at = v_created,
                read_lo = IF(user_lo = v_sender, v_seq, read_lo),
                read_hi = IF(user_hi = v_sender, v_seq, read_hi)
            WHERE id = v_conversation;

            INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, url, width, height,
                                  duration_s, source, created_at, idempotency_key, fingerprint)
            VALUES (v_conversation, v_seq, v_sender, v_recipient, p_type, p_text, p_url, p_width, p_height,
                    p_duration_s, p_source, v_created, p_key, p_fingerprint);
            COMMIT;
            SET v_outcome = 'sent';
        END;
        -- A conversation that a rolled-back attempt made is gone again.
        IF v_outcome IS NULL THEN
            SELECT MAX(id) INTO v_conversation
            FROM conversations
            WHERE user_lo = LEAST(v_sender, v_recipient) AND user_hi = GREATEST(v_sender, v_recipient);
        END IF;
    END WHILE;

    SELECT v_outcome AS outcome, v_conversation AS conversation_id, v_seq AS seq, v_created AS created_at,
           v_sender AS sender_id, v_recipient AS recipient_id, v_seen_long_ago AS seen_long_ago;
END;
