# SPDX-License-Identifier: MIT
# Jobs that do nothing, by Celery.
#
#     python3 celery_nothing.py COUNT
#     celery -A celery_nothing worker --pool solo
import os
import sys

from celery import Celery

app = Celery("nothing", broker=os.environ["REDIS_URL"])
app.conf.update(task_ignore_result=True, task_acks_late=True,
                worker_prefetch_multiplier=64)


@app.task
def nothing(number):
    del number


if __name__ == "__main__":
    with app.producer_pool.acquire(block=True) as producer:
        for number in range(int(sys.argv[1])):
            nothing.apply_async((number,), producer=producer)
