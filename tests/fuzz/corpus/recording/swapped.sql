UPDATE block SET data = (SELECT data FROM stamp_set LIMIT 1);
UPDATE stamp_set SET data = (SELECT data FROM block LIMIT 1);
UPDATE smaps SET flags = hex(zeroblob(100000)), known = -1;
