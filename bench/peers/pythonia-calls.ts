// What calling Python per record costs: pythonia, one awaited call a record.

import { python } from 'pythonia';

const n = Number(process.argv[2]);
const builtins = await python('builtins');
for (let i = 0; i < n; i++) await builtins.abs(i);
python.exit();
