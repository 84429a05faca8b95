"""What routes answer where somebody is named who has no account."""

from geo.stewards import NoAccount
from layers.problem import Problem
from store.language import say


def no_account(error: NoAccount) -> Problem:
    """400 with the name, and with accounts that may have been meant."""
    hint = (
        say("；是否要找：{known}", known=say("、").join(error.near))
        if error.near
        else say("；账号由系统管理员在「人员」添加")
    )
    detail = say("没有名为「{name}」的在用账号{hint}", name=error.name, hint=hint)
    return Problem(400, "no such account", detail, reason="no_account", near=error.near)
