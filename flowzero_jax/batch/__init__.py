"""Many videos: a file of jobs drawn into one folder or bucket, whoever draws what, and resumable.

jobs (a file's lines) ─► identity (a job is its content) ─► run: stages.plan, groups, stages.draw
                                                            on the engine local or ray_engine
records (one finished job each) ─► manifest ─► page;  summary tells of one run
"""
