package mlp

// What a misused call panics with.
const (
	badInputRows   = "mlp: rows of the input differ from the units before the layer"
	badGradShape   = "mlp: shape of the gradient differs from that of the activations"
	badBatchCols   = "mlp: columns of the input differ from those propagated"
	badTargets     = "mlp: shape of the targets differs from that of the predictions"
	badClass       = "mlp: class out of range"
	badClassCount  = "mlp: fewer than one class"
	badSamples     = "mlp: values to predict from are no whole number of samples"
	badPredictions = "mlp: room for predictions differs from the samples' number"
)
