-- An administrator can lock a user out. A locked user keeps name, messages and blocks, and can't log in.

ALTER TABLE users ADD COLUMN IF NOT EXISTS locked_at DATETIME(3) NULL AFTER deleted_at;
