"""What every problem code means: the text of `netspec explain CODE`."""

from __future__ import annotations

CODES: dict[str, str] = {
    # NS0: the file
    "NS001": "The file cannot be read: it is not there, is a folder, is far too large, or you may not read it. Check "
    "the path; relative paths start in the folder where the command runs.",
    "NS002": "netspec tells the language of a spec by the suffix of its file name: .toml or .json.",
    "NS003": "The file is not UTF-8 text. Editors call the setting “encoding”; choose UTF-8, with or without byte- "
    "order mark. The position is that of the first byte that cannot be read.",
    "NS004": "The text breaks the rules of TOML or JSON at this place, so nothing behind it can be understood. Most "
    "often a quote, a bracket or a comma is missing just before the caret.",
    "NS005": "A key or table may be given only once, because a second one would silently replace the first. Lists of "
    "tables, such as layers, are written with double brackets: [[layers]].",
    "NS006": "TOML or JSON can write this value, but a spec cannot hold it: dates and times, null, nan and infinity, "
    "integers beyond 64 bits, and halves of characters. To get a default, leave the key out.",
    "NS007": "The text is nested deeper than any spec needs. Usually a closing bracket is missing further up.",
    "NS008": "There is nothing in the file, or a JSON file holds a list or a number where an object should be. The "
    "smallest spec has an [input] with a shape and one entry in [[layers]].",
    "NS009": "netspec itself fails on this text, which is a defect of netspec and not of the text. Undo what was changed "
    "last, and report the defect with the text that shows it.",
    "NS010": "`extends` names the file that this one patches, relative to the folder of this file, or a spec that comes with "
    "netspec (`netspec init` lists them); a file beside this one comes first. It must exist, and no file may extend itself, "
    "directly or through others.",
    "NS011": "`remove = true` in an entry of a patch deletes the layer of that name which the base has; a list `remove` at the "
    "top of the patch deletes those that its names, groups and globs mean. The message names one that the base does not have, "
    "or a value that is neither.",
    "NS020": "An expression ${…} reads a variable that is not defined here. Variables come from [variables]; inside a "
    "block also from its parameters, and `index`, `repeat` and `copy` count the copies.",
    "NS021": "The text between ${ and } cannot be evaluated. Allowed are numbers, text in single quotes, variables, + "
    "- * / // % **, comparisons, and/or/not, `a if c else b`, min, max, int, round and abs.",
    "NS022": "A variable must be one number, text or boolean, named like a Python variable, and variables must not "
    "need each other in a circle.",
    "NS030": 'A layer of type "block" names a block that is not defined under [blocks.NAME].',
    "NS031": "The use of a block does not fit its parameters: one that is `required` is missing, or a key is none of "
    "its parameters. Parameters with defaults stand in `parameters`, those without in `required`.",
    "NS032": "Blocks hold each other in a circle, so that expanding them would never end.",
    "NS033": "The definition of a block cannot be used: it has no layers, names an output it does not have, or expands "
    "to more layers than any network has.",
    "NS040": "`--set path=value` names something that the spec does not have. Paths are written with dots: "
    "optimizer.lr, train.epochs, layers.conv1.kernel_size, input.size, variables.width.",
    "NS041": "`--set` needs a path, an equals sign and a value, without spaces around it: --set optimizer.lr=0.01.",
    # NS1: fields
    "NS101": "The key is not known here. netspec never ignores a key, because a misspelt one would change the network "
    "without a word. Words of other frameworks are recognised in the hint, but not accepted.",
    "NS102": "A key that has no default is missing. The hint says what it means and what it may hold.",
    "NS103": "The value is of another kind than the key takes: text for a number, a number for a list, … netspec does "
    'not convert: "3" is not 3, true is not 1 and 5.0 is not a whole number.',
    "NS104": "The number is outside of the range that makes sense for this key.",
    "NS105": "The key takes one of a few words, and this is none of them.",
    "NS106": "There is no layer, loss, optimizer, … of this type. `netspec schema` lists all of them.",
    "NS107": "The value has not the form that the key takes, such as a list of the wrong length, or a name with "
    "spaces.",
    "NS108": "Two keys contradict each other, or a value breaks a rule of its section.",
    "NS109": "The spec is written in another version of the spec language than this netspec reads.",
    # NS2: shapes
    "NS201": "The layer cannot take inputs of this shape. Shapes are [C, H, W] (channels, height, width) for pictures "
    "and [F] for vectors, without the batch axis.",
    "NS202": "The inputs of a layer that joins several do not fit together: adding and multiplying needs equal shapes, "
    "concatenating needs shapes that agree in all but the joined axis.",
    "NS203": "The window is larger than the padded input, so that there is not even one place for it. With input W, "
    "kernel K, dilation D and padding P on both sides, D·(K − 1) + 1 must not exceed W + 2P. Use a smaller "
    "kernel, more padding, a larger input, or fewer strided layers before.",
    "NS204": 'rounding = "exact" asks that the windows cover the padded input without remainder: (W − D·(K − 1) − 1 '
    '+ 2P) must be a multiple of the stride S. Change one of them, or use "floor" or "ceil".',
    "NS205": "The layer works on pictures [C, H, W], but is given a vector [F]. Put it before flatten and linear "
    "layers, or give the vector a picture's shape with reshape.",
    "NS206": "`groups` splits the channels into equal parts, so it must divide both the input channels and "
    "out_channels.",
    "NS207": "The loss cannot read the network's output, for example because a classification loss needs one number "
    "for each class, in a vector [C] or for each pixel [C, H, W].",
    "NS210": "The algorithm cannot compute this convolution. Winograd's form exists for windows of 3 × 3 that move by one "
    'pixel, without dilation and groups; algorithm = "auto" takes it where it is faster, and "direct" forbids it.',
    "NS209": "One sample of this layer's output would have more than 2^40 numbers, eight terabytes in float64. "
    "Usually one of the sizes has too many digits.",
    "NS208": "The new shape does not hold as many numbers as the input.",
    # NS3: graph
    "NS301": "A layer reads a name that no layer and no input has. Layers of blocks are called USE.LAYER, with "
    '`repeat` USE.INDEX.LAYER; inside a block, "input" is what the block reads.',
    "NS302": "Two layers, or a layer and an input, have the same name. Names tie layers together and name the weights, "
    "so each may exist once.",
    "NS303": "Layers read each other in a circle, so none of them could be computed first. The message shows the "
    "circle.",
    "NS304": "No path leads from an input of the network to this layer, so it would never see data.",
    "NS305": "What this layer or input gives is used by nobody and is no output. Where `outputs` is left out, every "
    "layer that nobody reads is an output.",
    "NS306": "The layer takes another number of inputs. Without `inputs`, a layer reads the one above it; the first "
    "layer reads the network's input, if there is only one.",
    "NS307": "`outputs` must name layers of the network, each once.",
    "NS308": "`input` under [loss] must name one of the network's outputs.",
    "NS310": 'A name or pattern under [transfer] matches no layer. Patterns are shell globs: "layer1.*"; a bare name '
    'also covers everything below it: "layer1" covers layer1.0.conv1. Behind "re:" stands a regular expression that '
    'must match the whole name: "re:layer[12]\\..*".',
    "NS311": "`unfreeze` under [transfer] cannot be meant as it is written: its entries must stand in the order of their "
    "epochs, after the warm-up, and each must unfreeze layers that `freeze` or `freeze_to` have frozen. A layer with "
    "frozen = true of its own is frozen for good.",
    "NS312": "`warmup_epochs` under [transfer] lets only the layers in `replace` learn at first, so there must be some.",
    "NS313": "`stages` of `discriminative` must go from the input to the output, each layer in one of them at most: the "
    "learning rate of a stage is `factor` times that of the next one.",
    # NS4: data
    "NS401": "The data set cannot be read: a file is missing, damaged or of another format than `type` under [data] says. "
    "`netspec data check` lists every bad file.",
    "NS402": "The samples do not have the shape of the network's input, [C, H, W] or [F]. Change the shape under [input], or "
    "the keys under [data] that resize.",
    "NS403": "The labels do not fit the network: a classifier needs one output for each class, and labels from 0 to one less "
    "than the number of classes.",
    # NS5: training
    "NS501": "`monitor` names something that this run does not measure. Measured are the loss and the metrics, with "
    "the prefix val_ where there is validation data.",
    "NS502": "Training needs a section that the spec does not have: [data], [loss] or [optimizer].",
    "NS503": "Two settings of the training do not go together; the message names both and says which one to change.",
    "NS504": "There is nothing left to train: the loss depends on no parameter that is not frozen. Usually the last layer is "
    "new (replace under [transfer]) and must not be matched by freeze or freeze_to. Something must learn from the first epoch "
    "on, also where unfreeze lets more layers learn later.",
    # NS6: weights
    "NS601": "The weights file cannot be read, or is not of a known format.",
    "NS602": "The weights do not fit the network: tensors are missing, unexpected, or have another shape.",
    # NS9: warnings
    "NS901": "The windows of this layer do not reach the last rows or columns of their input: (W − D·(K − 1) − 1 + 2P) "
    "is not a multiple of the stride. The pixels are not lost if this is meant, but often it is not; padding "
    'or rounding = "ceil" lets the windows reach them.',
    "NS902": "Batch normalization in training needs several values for each channel: with a single sample of a vector "
    "their variance is 0 and the layer always gives its bias, and with a single picture the mean and variance are "
    "those of that picture, far from those of inference. Use larger batches, or group_norm. The other normalizations "
    "take their mean over values of one sample, of which there must be several as well.",
    "NS903": "cross_entropy, bce_with_logits and their kin read raw values (logits) and apply softmax or sigmoid themselves, "
    "in a way that neither overflows nor loses digits. A softmax or sigmoid layer before them squashes twice: the network "
    "learns, but slowly, and its loss cannot get near 0.",
    "NS904": "Batch and instance normalization subtract the mean of each channel, and with it whatever bias the layer "
    "before has added. That bias costs memory and time and never changes an output; the normalization has a bias of "
    "its own. Layer normalization and group normalization over several channels subtract one mean of them all, so "
    "there a bias does count.",
    "NS905": "Dropout after the last layer sets outputs of the network to zero while it is trained, so that the loss sees "
    "random answers. Dropout belongs between layers, usually before the last linear one.",
    "NS906": "Several layers are read by nobody, so the network has several outputs, but the loss reads only one. "
    "Either a layer was meant to be joined, or `outputs` and the loss's `input` should say what is meant.",
    "NS907": "A block is defined but never used. Perhaps its name is misspelt where it should be used.",
    "NS912": "The learning rate is 0, below 1e-6, or more than ten times what is usual for this optimizer: 0.1 for sgd, "
    "momentum and nesterov, 0.01 for adagrad, 0.001 for adam, adamw and rmsprop. Too large a rate makes the loss diverge, "
    "too small a one makes it stand still.",
    "NS910": "With shuffle = \"never\" each epoch sees the samples in the order of the files. Where they are sorted by "
    "class, whole batches hold one class only, and the network forgets the others. Harmless for data in random order.",
    "NS913": "An activation reads another one without a layer with weights between them. ReLU, leaky ReLU, PReLU and "
    "ELU give positive numbers back as they are, so behind an activation that is never negative they do nothing; two "
    "sigmoids, tanhs or softmaxes in a row press the numbers, and their gradients, together twice.",
    "NS914": "In training dropout sets numbers to zero and enlarges the others, so their variance is larger than in "
    "inference. A batch_norm right behind it learns that larger variance, and in inference divides by a number that "
    "is wrong. Put the dropout behind the normalization. Source: Li et al. 2019, CVPR, arXiv:1801.05134.",
    "NS915": "A linear layer or convolution reads another one with nothing between them that bends: no activation. "
    "Two linear maps in a row are one linear map, with more parameters. It is meant where the numbers between them "
    "are fewer than those before and behind (a bottleneck), which is not warned of, nor are convolutions in groups.",
    "NS916": "softmax divides by the sum of its inputs' exponentials; over a single number that gives 1 whatever it "
    "is. For two classes use two outputs, or one output with sigmoid.",
    "NS917": "The picture has become so small before this layer that a part of its window lies in the padding "
    "wherever the window stands: those weights are multiplied by zeros and never learned. Usually the network was "
    "made for larger pictures.",
    "NS918": "The last layer is an activation that cuts off or bounds its output, while the loss wants logits, which "
    "may be any number: a class whose logit was cut off at 0 gets no gradient any more.",
    "NS920": "Each step the weight decay takes a share of learning rate × weight_decay from the weights. With so "
    "large a value they go to zero faster than the data can teach them.",
    "NS921": "class_weights say how much a sample of each class counts. With weight 0 the class is never learned; "
    "weights that differ by more than a thousand make the training depend on a few samples.",
    "NS922": "With pretrained weights the first layers are usually frozen and the last ones trained. Here a frozen "
    "layer stands above one that is trained: the gradient has to pass through it, which costs its backward pass, and "
    "features it was trained on change below it. Perhaps a pattern under [transfer] missed the first layers.",
    "NS923": "Training stops early after `patience` validations without improvement. With as many epochs as that, it "
    "never does.",
    "NS924": "The schedule changes the learning rate for the first time when the training is already over.",
    "NS925": "The metric is counted on other targets than the loss learns from: accuracy needs classes, the mean "
    "absolute error numbers, mean average precision boxes. The run would be refused when the data are read.",
    "NS926": "l1 and l2 of a layer penalize its weights: not biases and normalization parameters, unless the optimizer has "
    "decay_bias = true. This layer has no weights, so that the key changes nothing.",
    "NS930": "Augmentation must not change the class of a picture. Mirrored digits are no digits, and a 6 that is turned "
    "far is a 9: the network is taught what is wrong.",
    "NS941": "Pretrained layers hold what was learned before; steps as large as those from scratch undo it within a few "
    "batches. Usual are a tenth to a thousandth of the rate from scratch, with the earlier layers slower than the later ones "
    "(discriminative under [transfer]), and the full rate for new layers only. `netspec lr-find` shows what they take.",
    "NS942": "A frozen batch normalization gives what it gave in the pretraining as long as its statistics stand still. With "
    'bn = "train" they follow the new data, so that the features above it change although their weights do not, small '
    "batches make them noisy, and frozen layers cannot be computed once for all epochs. It is meant where the new pictures "
    "look quite different from the old ones.",
    "NS945": "[transfer] freezes layers that nobody has trained: no weights are named, so they keep the random numbers that "
    "they begin with. Name the file under [transfer] or with --weights. Random features are sometimes meant; then the "
    "warning can be passed over.",
    "NS946": "A patch whose [data] has another type than its base's replaces the whole section, because keys of one type mean "
    "nothing to another. What the base said about normalization goes with it, while weights that were trained with it expect "
    "just that.",
    "NS947": "A key of [transfer] changes nothing, as all layers that it speaks of are frozen, or none are. Probably a pattern "
    "under freeze or replace is not what was meant.",
    "NS948": "l2_sp pulls layers back to the values that were loaded. Without weights there are none, and train refuses the "
    "spec; --weights can still name them.",
    "NS949": "The file that [transfer] weights names is not there. A relative path starts at the spec's folder. train and "
    "doctor refuse to begin without it; --weights can name another one.",
    "NS944": "Pretrained layers expect numbers like those they were trained on. Public weights of ImageNet's networks want the "
    "bytes 0 to 255 minus [123.675, 116.28, 103.53], divided by [58.395, 57.12, 57.375]; with other numbers their features "
    "are worse, and frozen layers cannot adapt. `netspec doctor` compares the data themselves.",
    "NS940": "Layers are to be unfrozen after more epochs than the training has, so they stay frozen to its end.",
    "NS911": "With epochs = 0 the training ends before its first step: the weights are the initial (or loaded) ones.",
    "NS908": "A variable is declared under [variables], but no expression ${…} reads it, so changing it changes nothing. "
    "Perhaps its name is misspelt, or the number is still written out where the variable was meant.",
    "NS909": "A layer that is not loaded, because [transfer] replaces it, is frozen as well: it keeps its random initial "
    "values for good. Usually the replaced head is what should be trained.",
}
"""Code → one paragraph. Codes are stable: they are never given to another problem."""


def explain(code: str) -> str | None:
    """One paragraph about a code; None when there is no such code."""
    return CODES.get(code.strip().upper())
