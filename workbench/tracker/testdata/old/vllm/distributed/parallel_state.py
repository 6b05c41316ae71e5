"""Stand-in of vLLM's process groups."""
import os


class Group:
    def __init__(self, name):
        self.rank_in_group, self.world_size = int(os.environ.get(name + "_RANK", 0)), int(os.environ.get(name + "_SIZE", 1))


def get_tp_group():
    return Group("TP")


def get_pp_group():
    return Group("PP")


def get_dp_group():
    return Group("DP")
