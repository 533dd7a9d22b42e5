"""Words: everything the house itself says, once for both front ends, in 中文 and English.

A page brings its own texts; what stands around them (buttons, tabs, remarks, messages) is said here.
Every constant is public; ``{}`` is filled in with ``str.format``.
"""

from __future__ import annotations

from gallery.text import Text, t

# The house and its front page
HOUSE = t("科学空间 · 可玩的模型", "Scientific Spaces, playable")
FRONT_PAGE = t("首页", "Front page")
FRONT_LINE = t(
    "博客「科学空间」里的模型，拿来就能玩：拖动参数，看公式动起来；每个数字都现场验证。",
    "The models of the blog 科学空间 (Scientific Spaces), ready to play with: move a parameter, watch the formula move;"
    " every number is verified on the spot.",
)
STRIKING = t("先看这里", "Start here")
NEWEST = t("最新", "Newest")
PAGES = t("页", "pages")
MENU = t("目录", "Contents")
SEARCH = t("搜索", "Search")
SEARCH_HINT = t("查找：标题、问题、家族、文章编号，或拼音首字母", "Find: titles, questions, families, post numbers")
NO_MATCH = t("没有页面含「{}」。", "No page has “{}”.")
ADDED = t("收录于 {}", "added {}")
TRY_FIRST = t("开始玩", "Play")

# Tabs that every page has
TABS = t("分页", "Tabs")
VERIFY = t("验证", "Verify")
POST = t("原文", "The post")
CARD = t("模型卡", "Model card")
POST_NUMBER = t("文章 {}", "Post {}")
ORIGINAL = t("阅读原文", "Read the post")
POST_CHANGES = t("这里改了什么", "What differs here")
PAPERS = t("相关论文", "Papers")
NO_WEIGHTS = t("这一页不用训练好的权重。", "This page uses no trained weights.")

CARD_LABELS: dict[str, Text] = {
    "name": t("名称", "Name"), "builder": t("构造函数", "Builder"), "config": t("配置", "Configuration"),
    "files": t("文件", "Files"), "path": t("文件", "File"), "size": t("字节", "Bytes"),
    "parameters": t("参数量", "Parameters"), "data": t("数据", "Data"), "licence": t("许可", "Licence"),
    "recipe": t("训练命令", "Recipe"), "seed": t("随机种子", "Seed"), "steps": t("训练步数", "Steps"),
    "date": t("日期", "Date"), "metrics": t("实测质量", "Measured quality"), "limits": t("局限", "Limits"), "extras": t("其他文件", "Other files"),
}  # fmt: skip
"""What the entries of a model card are called."""

# Running
CONTROLS = t("参数", "Controls")
ANSWER = t("结果", "Result")
RUN = t("运行", "Run")
STOP = t("停止", "Stop")
RESET = t("恢复默认", "Reset")
ROLL = t("随机", "Roll")
DICE = t("换一个随机种子", "Draw another seed")
APPLY = t("应用", "Apply")
COMPUTING = t("正在计算", "Computing")
STOPPED = t("已停止，下面是停止前的结果", "Stopped; below is what was there before")
RESULT_OLD = t("参数已改，按「运行」更新", "The inputs have changed; press Run to update")
IDLE = t("按「运行」开始", "Press Run to start")
DONE = t("完成", "Done")

# Inputs
UPLOAD = t("上传", "Upload")
EXAMPLE = t("示例", "Example")
UPLOAD_OR_EXAMPLE = t("选一个示例，或上传自己的", "Choose an example, or upload your own")
CHOOSE_PICTURE = t("上传图片", "Upload a picture")
CROP = t(
    "拖动方框取景，拉右下角改大小；方向键移动，+ 和 - 缩放",
    "Drag the box, pull its corner to resize; arrow keys move it, + and - resize it",
)
CHOOSE_FILE = t("选择文件", "Choose a file")
FILE_NONE = t("未选文件", "No file")
BOUNDS = t("范围", "Range")
PICTURE = t("图片", "Picture")
CANVAS_SKETCH = t("用鼠标或手指在这里画", "Draw here with mouse or finger")
CANVAS_POINT = t("点击或拖动选点；方向键微调", "Click or drag to choose a point; arrow keys for small steps")
DRAG = t("拖动", "Drag")
KEEP_LAST = t("留住现在的图", "Keep this one")
CLEAR = t("清空", "Clear")
UNDO = t("撤销", "Undo")
PEN = t("笔宽", "Pen")
ROW_ADD = t("添加一行", "Add a row")
ROW_DROP = t("删除这一行", "Remove this row")

# Outputs
PLAY = t("播放", "Play")
PAUSE = t("暂停", "Pause")
STEP_BACK = t("后退一步", "One step back")
STEP_ON = t("前进一步", "One step on")
TRIES = t("试一试", "Try")
FRAME = t("帧", "Frame")
SAVE_FRAME = t("保存这一帧", "Save frame")
EMPTY = t("还没有结果", "Nothing yet")
NO_ROWS = t("没有数据", "No rows")
TABLE_ROWS = t("共 {} 行", "{} rows")
TABLE_FIRST = t("只显示前 {} 行，共 {} 行；下载的 CSV 有全部。", "The first {} of {} rows; the CSV download has all.")

KINDS: dict[str, Text] = {
    "figure": t("图", "Figure"), "image": t("图片", "Picture"), "images": t("图片", "Pictures"),
    "animation": t("动画", "Animation"), "table": t("数据", "Data"), "metrics": t("数字", "Numbers"),
    "markdown": t("说明", "Remarks"), "text": t("文字", "Text"), "code": t("代码", "Code"),
}  # fmt: skip
"""What an output without a label of its own is called."""

# Verify
CHECK = t("事实", "Fact")
MEASURED = t("实测", "Measured")
EXPECTED = t("应为", "Expected")
TOLERANCE = t("容差", "Tolerance")
NOTE = t("依据", "Why")
PASSED = t("通过", "pass")
FAILED = t("未通过", "fail")
SOME_FAILED = t("{} 项中有 {} 项未通过", "{} facts checked, {} failed")
SO_FAR = t("已验证 {} 项，到目前为止全部通过……", "{} facts checked so far, all hold …")
SO_FAR_OF = t("已验证 {}/{} 项，到目前为止全部通过……", "{} of {} facts checked so far, all hold …")
FAILED_SO_FAR = t("已验证 {} 项，其中 {} 项未通过……", "{} facts checked so far, {} failed …")
ALL_PASSED = t("{} 项全部通过", "All facts hold ({})")
CHECKING = t("正在验证", "Checking")
VERIFY_RUN = t("重新验证", "Check again")
VERIFY_NOTE = t(
    "下面每个数字都是刚刚算出来的，旁边是它应有的值和允许的偏差。",
    "Every number below was measured just now, beside what it should be and how far it may deviate.",
)

# Code, downloads, link
CODE = t("代码", "Code")
CODE_AND_API = t("代码与 API", "Code and API")
CODE_NOTE = t("用当前参数重现这幅图：", "Reproduces the present picture with the present inputs:")
API = t("API", "API")
API_NOTE = t("同样的结果，通过 HTTP 调用：", "The same result over HTTP:")
DOWNLOAD = t("下载", "Download")
PREPARING = t("准备下载", "Prepare downloads")
NO_BROWSER = t(
    "服务器上没有浏览器，不能导出 PNG/SVG；可用图右上角的相机。",
    "This server has no browser to export PNG or SVG with; use the camera at the figure's upper right.",
)
LINK = t("链接", "Link")
COPY_LINK = t("复制链接", "Copy link")
COPIED = t("已复制", "Copied")
LINK_NOTE = t("这个地址打开的就是现在的参数。", "This address opens the present inputs.")
NOT_IN_LINK = t(
    "上传的文件和图片不在链接里；打开链接的人看到的是默认示例：",
    "Uploaded files and pictures are not part of the link; whoever opens it sees the default instead:",
)
LINK_BAD = t(
    "链接里有不能用的参数，未采用：", "The link has parameters that cannot be used; they are left out:"
)  # fmt: skip
NO_PAGE = t("没有「{}」这一页。可以看的有：", "There is no page “{}”. There are:")
NO_ADDRESS = t("没有这个地址", "there is no such address")
NO_TAB = t("应为 {} 之一", "must be one of {}")

# Switches and the counter line
LANGUAGE = t("语言", "Language")
LANGUAGE_NAMES = {"zh": "中文", "en": "English"}
"""Each language in its own words, whatever the present one."""
THEME = t("外观", "Theme")
LIGHT = t("浅色", "Light")
DARK = t("深色", "Dark")
THEME_NAMES: dict[str, Text] = {"light": LIGHT, "dark": DARK}
WEIGHTS_IN_MEMORY = t("内存中的权重 {}", "Weights in memory {}")
SLOTS_BUSY = t("计算位 {}/{}", "Slots busy {}/{}")

PAGE_BROKEN = t(
    "这一页打不开，已记入日志；其余页面照常可用。",
    "This page cannot be opened and the log has it; the other pages go on.",
)

# The static site
RECORDED = t(
    "录制版：每个控件单独动过，结果都事先算好。",
    "Recorded: every control was moved alone, and its results were computed beforehand.",
)
LIVE_ONLY = t("录制版里固定不变，在线运行时可以改。", "Fixed in this recorded page; free in the live gallery.")
ONE_AT_A_TIME = t(
    "录制版一次只动一个控件，已回到默认：", "A recorded page moves one control at a time; back at its default: "
)
NEAREST = t(
    "链接里的值没有录制，显示的是最近的：", "The link asks for values that were not recorded; the nearest are shown: "
)
OPEN_LIVE = t("在线打开", "Open it live")
MEASURED_AT = t(
    "下面每个数字都在 {} 生成本站时测得（版本 {}），旁边是它应有的值和允许的偏差。",
    "Every number below was measured when this site was built, on {} (version {}), beside what it should be and how far it may"
    " deviate.",
)
NOT_MEASURED = t("生成本站时没能测得这些事实。", "These facts could not be measured when this site was built.")
BUILT = t("生成于 {}，版本 {}", "Built on {}, version {}")
EMBED = t("嵌入", "Embed")
EMBED_NOTE = t(
    "把这段代码放进网页，就嵌入现在这一幅：", "Put these lines into a web page to embed the present picture:"
)
COPY_CODE = t("复制代码", "Copy the code")
RECORDED_LIVE = t(
    "录制版：网络就在你的浏览器里运行，图片不离开这台机器；其余控件的结果事先算好。",
    "Recorded, but the networks run in your browser and no picture leaves this machine; other controls show what was computed beforehand.",
)
CODE_RECORDED = t("这是录制的那一组输入的代码", "The code of the recorded inputs from which this began")
BROWSER_CHECKS = t("在这个浏览器里", "In this browser")
LOST = t("本站缺少这个文件，或网络中断：", "A file of this site is missing, or the network is down:")
LOADING = t("正在载入", "Loading")
NO_SCRIPT = t("这一页需要 JavaScript。", "This page needs JavaScript.")
NOT_BUILT = t("这一页没有收进本站。", "This page is not part of this site.")
