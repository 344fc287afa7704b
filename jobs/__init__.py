"""Work that outlives the page and the server: a store of jobs, who is next, and who carries them out."""
