UPDATE session SET page_size = 16777216;
UPDATE sample SET rss = 9223372036854775807, swap = -1, written = 9223372036854775807, epoch = 4294967296, first_epoch = -1;
