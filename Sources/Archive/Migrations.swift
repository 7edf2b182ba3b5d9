import GRDB

/// The database's layout, step by step. A step that was released is never changed: a later one follows it.
enum Migrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 roster") { database in
            try database.execute(
                sql: """
                    CREATE TABLE body (
                        id TEXT NOT NULL PRIMARY KEY,
                        camera_number INTEGER NOT NULL UNIQUE CHECK (camera_number BETWEEN 1 AND 1000000),
                        given_name TEXT UNIQUE,
                        model TEXT NOT NULL,
                        manufacturer TEXT NOT NULL,
                        serial TEXT,
                        last_port TEXT NOT NULL,
                        last_seen INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE body_group (
                        body_id TEXT NOT NULL REFERENCES body (id) ON DELETE CASCADE,
                        name TEXT NOT NULL,
                        PRIMARY KEY (body_id, name)
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("2 identity") { database in
            try database.execute(
                sql: """
                    ALTER TABLE body ADD COLUMN usb_model TEXT;
                    ALTER TABLE body ADD COLUMN usb_serial TEXT;
                    ALTER TABLE body ADD COLUMN usb_socket TEXT;
                    CREATE TABLE shared_serial (
                        model TEXT NOT NULL,
                        serial TEXT NOT NULL,
                        source TEXT NOT NULL,
                        PRIMARY KEY (model, serial, source)
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("3 shots") { database in
            try database.execute(
                sql: """
                    CREATE TABLE shot (
                        number INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
                        state TEXT NOT NULL,
                        fired_at INTEGER,
                        spread_ns INTEGER,
                        cameras TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX shot_under_way ON shot (number) WHERE state IN ('armed', 'fired');
                    """)
        }
        migrator.registerMigration("4 presets") { database in
            try database.execute(
                sql: """
                    CREATE TABLE preset (
                        name TEXT NOT NULL PRIMARY KEY,
                        model TEXT NOT NULL,
                        widgets TEXT NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("5 offsets") { database in
            try database.execute(sql: "ALTER TABLE body ADD COLUMN offset_ns INTEGER NOT NULL DEFAULT 0")
        }
        migrator.registerMigration("6 images") { database in
            try database.execute(
                sql: """
                    CREATE TABLE image (
                        number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                        body_id TEXT NOT NULL,
                        folder TEXT NOT NULL,
                        name TEXT NOT NULL,
                        time INTEGER NOT NULL,
                        shot INTEGER,
                        state TEXT NOT NULL CHECK (state IN ('wanted', 'fetched', 'saved')),
                        size INTEGER,
                        sha256 TEXT,
                        saved_as TEXT UNIQUE,
                        spool TEXT,
                        CHECK (state = 'wanted' OR size IS NOT NULL AND sha256 IS NOT NULL AND saved_as IS NOT NULL)
                    ) STRICT;
                    CREATE INDEX image_by_body ON image (body_id, folder, name, number);
                    CREATE INDEX image_by_shot ON image (shot, number) WHERE shot IS NOT NULL;
                    CREATE INDEX image_under_way ON image (state, body_id) WHERE state <> 'saved';
                    """)
        }
        migrator.registerMigration("7 projects") { database in
            try database.execute(
                sql: """
                    CREATE TABLE project (
                        name TEXT NOT NULL PRIMARY KEY,
                        opening INTEGER NOT NULL UNIQUE,
                        opened_at INTEGER NOT NULL,
                        is_open INTEGER NOT NULL CHECK (is_open IN (0, 1))
                    ) STRICT;
                    CREATE UNIQUE INDEX project_that_is_open ON project (is_open) WHERE is_open = 1;
                    ALTER TABLE shot ADD COLUMN project TEXT;
                    ALTER TABLE shot ADD COLUMN bodies TEXT;
                    ALTER TABLE shot ADD COLUMN manifest TEXT;
                    ALTER TABLE shot ADD COLUMN manifest_due INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE image ADD COLUMN project TEXT;
                    ALTER TABLE image ADD COLUMN sidecar_due INTEGER NOT NULL DEFAULT 0;
                    CREATE INDEX shot_by_project ON shot (project, number) WHERE project IS NOT NULL;
                    CREATE INDEX image_by_project ON image (project, number) WHERE project IS NOT NULL;
                    CREATE INDEX shot_with_manifest_due ON shot (number) WHERE manifest_due > 0;
                    CREATE INDEX image_with_sidecar_due ON image (number) WHERE sidecar_due > 0;
                    """)
        }
        migrator.registerMigration("8 second copy") { database in
            try database.execute(
                sql: """
                    ALTER TABLE image ADD COLUMN modified INTEGER;
                    ALTER TABLE image ADD COLUMN second_copy TEXT CHECK (second_copy IN ('wanted', 'made'));
                    ALTER TABLE image ADD COLUMN card TEXT CHECK (card IN ('to delete', 'deleted', 'kept'));
                    CREATE INDEX image_without_second_copy ON image (number) WHERE second_copy = 'wanted';
                    CREATE INDEX image_to_delete ON image (body_id, number) WHERE card = 'to delete';
                    CREATE TABLE second_folder (path TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("9 images of a body") { database in
            // A body's images in the order of a listing, for pages that need no sorting.
            try database.execute(
                sql: "CREATE INDEX image_saved_by_body ON image (body_id, number) WHERE state = 'saved'")
        }
        return migrator
    }
}
