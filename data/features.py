"""Names of the features, splits and severities of paired records; free of TensorFlow, so that every process may import them."""

PAIR_ID = "pair_id"
SCENE_ID = "scene_id"
DEGRADATION = "degradation"
SEVERITY = "severity"
SOURCE = "source"
INPUT_NAME = "input_name"
TARGET_NAME = "target_name"
INPUT_IMAGE = "input_image"
TARGET_IMAGE = "target_image"
INPUT_HEIGHT = "input_height"
INPUT_WIDTH = "input_width"
TARGET_HEIGHT = "target_height"
TARGET_WIDTH = "target_width"

BYTES_FEATURES = (
    PAIR_ID,
    SCENE_ID,
    DEGRADATION,
    SEVERITY,
    SOURCE,
    INPUT_NAME,
    TARGET_NAME,
    INPUT_IMAGE,
    TARGET_IMAGE,
)
INT_FEATURES = (INPUT_HEIGHT, INPUT_WIDTH, TARGET_HEIGHT, TARGET_WIDTH)

# The splits, by scene: the model learns from the first, the second steers training, the gate judges on the third.
TRAIN = "train"
VALIDATION = "validation"
EVALUATION = "evaluation"
SPLITS = (TRAIN, VALIDATION, EVALUATION)

LIGHT = "light"
MEDIUM = "medium"
HEAVY = "heavy"
SEVERITIES = (LIGHT, MEDIUM, HEAVY)

UNKNOWN = "unknown"
