"""The causes of failing that are known, in the order in which they are suspected: the data, the start, the network, the
settings. One file each; `docs/causes/` has a page of each, made from the rule."""

from __future__ import annotations

from clearprop.diagnosing.rule import Rule
from clearprop.diagnosing.rules.batch_of_everything import BATCH_OF_EVERYTHING
from clearprop.diagnosing.rules.contradicting_labels import CONTRADICTING_LABELS
from clearprop.diagnosing.rules.dead_relu import DEAD_RELU
from clearprop.diagnosing.rules.dropout_too_strong import DROPOUT_TOO_STRONG
from clearprop.diagnosing.rules.epochs_too_few import EPOCHS_TOO_FEW
from clearprop.diagnosing.rules.init_all_positive_large import INIT_ALL_POSITIVE_LARGE
from clearprop.diagnosing.rules.init_constant import INIT_CONSTANT
from clearprop.diagnosing.rules.init_too_large import INIT_TOO_LARGE
from clearprop.diagnosing.rules.init_too_small_one_sided import INIT_TOO_SMALL_ONE_SIDED
from clearprop.diagnosing.rules.inputs_unscaled import INPUTS_UNSCALED
from clearprop.diagnosing.rules.l2_too_strong import L2_TOO_STRONG
from clearprop.diagnosing.rules.labels_misaligned import LABELS_MISALIGNED
from clearprop.diagnosing.rules.linear_network import LINEAR_NETWORK
from clearprop.diagnosing.rules.local_minimum_small_net import LOCAL_MINIMUM_SMALL_NET
from clearprop.diagnosing.rules.lr_too_high import LR_TOO_HIGH
from clearprop.diagnosing.rules.lr_too_low import LR_TOO_LOW
from clearprop.diagnosing.rules.missing_values import MISSING_VALUES
from clearprop.diagnosing.rules.not_shuffled import NOT_SHUFFLED
from clearprop.diagnosing.rules.one_hot_shift import ONE_HOT_SHIFT
from clearprop.diagnosing.rules.one_softmax_unit import ONE_SOFTMAX_UNIT
from clearprop.diagnosing.rules.patience_too_short import PATIENCE_TOO_SHORT
from clearprop.diagnosing.rules.relu_output import RELU_OUTPUT
from clearprop.diagnosing.rules.saturating_cost import SATURATING_COST
from clearprop.diagnosing.rules.saturation import SATURATION
from clearprop.diagnosing.rules.sum_instead_of_mean import SUM_INSTEAD_OF_MEAN
from clearprop.diagnosing.rules.target_out_of_range import TARGET_OUT_OF_RANGE
from clearprop.diagnosing.rules.test_scaled_differently import TEST_SCALED_DIFFERENTLY
from clearprop.diagnosing.rules.unbalanced_classes import UNBALANCED_CLASSES
from clearprop.diagnosing.rules.vanishing_deep_sigmoid import VANISHING_DEEP_SIGMOID

RULES: tuple[Rule, ...] = (
    MISSING_VALUES,
    CONTRADICTING_LABELS,
    INPUTS_UNSCALED,
    TARGET_OUT_OF_RANGE,
    LABELS_MISALIGNED,
    NOT_SHUFFLED,
    UNBALANCED_CLASSES,
    INIT_CONSTANT,
    INIT_TOO_SMALL_ONE_SIDED,
    INIT_ALL_POSITIVE_LARGE,
    INIT_TOO_LARGE,
    SATURATION,
    ONE_SOFTMAX_UNIT,
    RELU_OUTPUT,
    SATURATING_COST,
    DEAD_RELU,
    VANISHING_DEEP_SIGMOID,
    LINEAR_NETWORK,
    LOCAL_MINIMUM_SMALL_NET,
    SUM_INSTEAD_OF_MEAN,
    LR_TOO_HIGH,
    LR_TOO_LOW,
    BATCH_OF_EVERYTHING,
    EPOCHS_TOO_FEW,
    DROPOUT_TOO_STRONG,
    PATIENCE_TOO_SHORT,
    L2_TOO_STRONG,
    TEST_SCALED_DIFFERENTLY,
    ONE_HOT_SHIFT,
)
