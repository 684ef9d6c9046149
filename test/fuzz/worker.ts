/** The thread of a campaign: its assignment is the name of a target. */

import { workerData } from 'node:worker_threads';
import type { Assignment } from './campaign.ts';
import { Fuzzer, tell } from './fuzzer.ts';
import { type TargetName, targets } from './target.ts';

const assignment: Assignment = workerData;
const target = await targets[assignment.name as TargetName]();
tell(await new Fuzzer(target, assignment).run());
